// SPDX-License-Identifier: MIT
#include "worker_main.hpp"

#include "../../io/stream.hpp"
#include "../../sched/create_task.hpp"
#include "../../sched/errors.hpp"
#include "../../sched/report.hpp"
#include "../../sched/sleep.hpp"
#include "../message/code_address.hpp"
#include "../message/message_types.hpp"
#include "../message/remote_error.hpp"
#include "../run.hpp"
#include "../signal_set.hpp"
#include "worker_state.hpp"

#include <unistd.h>
#include <csignal>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

namespace halka {

void worker::state::note(std::string_view line) {
  notes.append(line).append(' ' + std::to_string(requests) + '\n');
  noted.set();
}

void worker::state::stop() {
  if (stopping.is_set()) return;
  note("draining");
  sockets.clear();  // nobody shall wait in vain to be accepted when all workers stop
  stopping.set();
  if (!heeds_stop) cancel_main();
}

void worker::state::cancel_main() {
  if (main) main->cancel("the worker shall stop");
}

namespace detail {

namespace {

task<> heed_signals(worker::state& s, signal_set& signals) {
  while (true) {
    int const number = co_await signals.next();
    s.stop();
    if (number != SIGTERM) s.cancel_main();
  }
}

/// Sends what there is to tell.
task<> tell(worker::state& s) {
  while (!s.ending || !s.notes.empty()) {
    co_await s.noted.wait();
    s.noted.clear();
    std::string const lines = std::exchange(s.notes, {});
    co_await s.control.write(lines);
  }
}

task<> beat(worker::state& s) {
  auto const begin = clock::now();
  while (true) {
    s.note("beat");
    co_await sleep(s.beat_interval);
    if (!s.ready && clock::now() - begin >= std::chrono::seconds(1)) {
      s.ready = true;
      s.note("ready");
    }
  }
}

/// A worker that cannot be heard or told to stop is of no use: if `part` fails, its main is cancelled.
task<> needed(worker::state& s, task<> part) {
  try {
    co_await std::move(part);
  } catch (cancelled_error const&) {
    throw;
  } catch (...) {
    s.failure = std::current_exception();
    s.cancel_main();
  }
}

task<> work(worker::state& s, std::function<task<>()> const& body) {
  s.control = stream(std::move(s.control_fd));
  signal_set signals({SIGTERM, SIGINT, SIGQUIT});
  auto const main = create_task(body(), {.name = "worker"});
  s.main = main;
  auto const heeding = create_task(needed(s, heed_signals(s, signals)), {.name = "signals of the worker"});
  auto const telling = create_task(needed(s, tell(s)), {.name = "notes to the supervisor"});
  auto const beating = create_task(needed(s, beat(s)), {.name = "heartbeat"});
  std::exception_ptr failure;
  try {
    co_await main;
  } catch (...) {
    failure = std::current_exception();
  }
  s.main.reset();
  for (any_task const& t : {any_task(heeding), any_task(beating)}) t.cancel();
  s.ending = true;
  s.noted.set();
  co_await telling;  // to the last note
  if (failure) std::rethrow_exception(s.failure ? s.failure : failure);
}

void report_failure(worker::state const& s) {
  remote_error const e = remote_error::current();
  std::string text =
      "unhandled exception in worker " + std::to_string(s.index) + " (" + std::to_string(getpid()) + "): " + e.what();
  if (!e.traceback().empty())
    text += '\n' + std::string(e.traceback().substr(0, e.traceback().size() - 1));  // without its last end of line
  report(text);
}

}  // namespace

void run_worker_loop(worker&, worker::state& s, std::function<task<>()> const& body) { run(work(s, body), {.backend = s.backend}); }

void run_worker_function(worker::state& s, std::function<void()> const& body) {
  static constexpr std::string_view ready = "ready 0\n";
  s.ready = true;
  static_cast<void>(!write(s.control_fd.get(), ready.data(), ready.size()));
  body();
}

int run_worker(message_reader& arguments) {
  auto const s = std::make_shared<worker::state>();
  code_address entry;
  std::uint8_t backend = 0;
  arguments(s->index, s->last_request, s->beat_interval, backend, s->sockets, s->control_fd, entry);
  s->backend = static_cast<backend_kind>(backend);
  worker self(s);
  try {
    entry.resolve<void(worker&, worker::state&, message_reader&)>()(self, *s, arguments);
  } catch (cancelled_error const&) {
    if (s->stopping.is_set()) return 0;
    report_failure(*s);
    return 1;
  } catch (...) {
    report_failure(*s);
    return s->ready ? 1 : boot_failure;
  }
  return 0;
}

}  // namespace detail

}  // namespace halka
