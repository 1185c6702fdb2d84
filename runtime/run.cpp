// SPDX-License-Identifier: MIT
#include "run.hpp"

#include "../io/default_poller.hpp"
#include "../sched/errors.hpp"
#include "../sched/report.hpp"
#include "../sched/schedule_fuzz.hpp"
#include "../sched/traceback.hpp"
#include "default_executor.hpp"
#include "interrupt.hpp"

#include <atomic>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace halka {

namespace {

bool debug_from_environment() noexcept {
  char const* const value = std::getenv("HALKA_DEBUG");
  return value && *value && std::string_view(value) != "0";
}

/// In one line, unless the loop before had the same.
void tell(backend_choice const& choice) {
  static std::atomic<backend_kind> told = backend_kind::automatic;
  // relaxed: nothing else is said by it
  if (told.exchange(choice.kind, std::memory_order_relaxed) != choice.kind) report("backend " + to_string(choice));
}

}  // namespace

runner::runner(run_options options) noexcept : runner(nullptr, options) {}

runner::runner(std::unique_ptr<poller> outside, run_options options) noexcept : options_(options), outside_(std::move(outside)) {
  options_.debug = options_.debug || debug_from_environment();
}

runner::~runner() {
  try {
    close();
  } catch (...) {
    report("error while closing a runner: " + describe(std::current_exception()));
  }
}

event_loop& runner::get_loop() {
  if (closed_) throw std::logic_error("runner is closed");
  if (!loop_) {
    auto const seed = schedule_fuzz::seed_from_environment();
    bool const ours = !outside_;
    loop_ = std::make_unique<event_loop>(ours ? make_default_poller(options_.backend) : std::move(outside_), options_.debug);
    if (ours && debug_from_environment()) tell(backend(*loop_));
    if (seed.value_or(0) != 0) loop_->fuzz_schedule(*seed);
    context_ = current_context();
  }
  return *loop_;
}

bool runner::may_run() const noexcept { return !closed_ && !detail::current.loop; }

void runner::refuse() const {
  if (closed_) throw std::logic_error("runner is closed");
  if (detail::current.loop->is_forked()) detail::throw_forked("the event loop that runs here");
  throw std::logic_error("halka::run cannot be called from a running event loop: await the coroutine instead");
}

void runner::run_until_done(any_task const& main) {
  event_loop& loop = *loop_;
  struct keep_values {
    context_ref& kept;
    any_task const& main;
    ~keep_values() { kept = main.state().context(); }
  } const values{context_, main};
  struct unbegun_is_cancelled {
    any_task const& main;
    bool begins = false;
    ~unbegun_is_cancelled() {
      if (!begins) main.cancel();  // it is queued already, and shall not run when `run` has thrown
    }
  } way{main};
  interrupt_guard const ctrl_c(loop, main);
  callback_id const stopper = main.add_done_callback([&loop] { loop.stop(); });
  way.begins = true;
  try {
    loop.run_forever();
  } catch (...) {
    main.remove_done_callback(stopper);
    throw;
  }
  if (!main.done()) {
    main.remove_done_callback(stopper);
    throw std::logic_error("event loop was stopped before the main task ended");
  }
  std::exception_ptr const e = main.state().exception();
  main.state().mark_retrieved();
  if (main.cancelled() && ctrl_c.interrupted() && main.cancelling() == 1) throw keyboard_interrupt();
  if (e) detail::leave_run_with(e, main.state().find_trace());
}

void runner::run_until_idle() {
  event_loop& loop = *loop_;
  // Tasks that are created meanwhile are cancelled too, in the next round.
  while (loop.tasks_alive() > 0) {
    std::vector<any_task> const tasks = loop.all_tasks();
    auto const alive = std::make_shared<std::size_t>(tasks.size());
    for (any_task const& t : tasks) {
      t.cancel();
      t.add_done_callback([&loop, alive] {
        if (--*alive == 0) loop.stop();
      });
    }
    while (*alive > 0) {
      try {
        loop.run_forever();
      } catch (keyboard_interrupt const&) {
        // The loop is ending already.
      }
    }
    for (any_task const& t : tasks) {
      if (t.phase() != task_phase::failed || t.state().was_retrieved()) continue;
      t.state().mark_retrieved();
      exception_context context;
      context.message = "unhandled exception during the end of halka::run, in task '" + t.name() + '\'';
      context.exception = t.state().exception();
      context.task_id = t.id();
      context.task_name = t.name();
      context.traceback = t.state().formatted_traceback();
      loop.call_exception_handler(context);
    }
  }
}

void runner::report_leftovers(std::vector<any_task> const& leftovers) const {
  if (leftovers.empty()) return;
  std::string text = std::to_string(leftovers.size()) + (leftovers.size() == 1 ? " task was" : " tasks were") +
                     " still running at the end of run and cancelled:";
  if (options_.debug) {
    for (any_task const& t : leftovers) text += "\n  " + t.description() + ", created at " + place(t.state().spawned_at());
  } else {
    constexpr std::size_t shown = 5;
    for (std::size_t i = 0; i < leftovers.size() && i < shown; ++i) text += (i ? ", " : " ") + leftovers[i].name();
    if (leftovers.size() > shown) text += ", ...";
  }
  report(text);
}

void runner::close() {
  if (closed_) return;
  if (loop_ && loop_->is_running()) throw std::logic_error("cannot close a runner while it runs");
  closed_ = true;
  if (!loop_) return;
  if (loop_->is_forked()) return static_cast<void>(loop_.release());  // all that is in it is the parent's
  report_leftovers(loop_->all_tasks());
  run_until_idle();
  shut_down_default_executor(*loop_);
  loop_->close();
}

}  // namespace halka
