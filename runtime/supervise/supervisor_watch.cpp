// SPDX-License-Identifier: MIT
#include "supervisor_state.hpp"

#include "../../io/signal_name.hpp"
#include "../../io/stream_errors.hpp"
#include "../../sched/sleep.hpp"
#include "../race.hpp"
#include "worker_main.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <system_error>

namespace halka {

namespace {

using namespace std::chrono_literals;

/// A worker that ended sooner was hardly of use.
constexpr auto short_life = 1s;
constexpr unsigned most_boot_failures = 5;
/// From SIGABRT to SIGKILL.
constexpr auto time_to_abort = 1s;

std::string how_it_ended(supervised_worker const& w) {
  std::string text = w.name();
  std::optional<int> const status = w.child->status();
  if (!status)
    text += " is lost";
  else if (*status < 0)
    text += " was killed by " + signal_name(-*status);
  else
    text += " exited with code " + std::to_string(*status);
  if (w.requests > 0) text += " after " + std::to_string(w.requests) + (w.requests == 1 ? " request" : " requests");
  return text;
}

}  // namespace

task<> supervisor::state::follow(std::shared_ptr<state> self, worker_ptr w) {
  auto const until_end = [&]() -> task<> { co_await w->child->wait_end(); };
  try {
    co_await race(until_end(), read_notes(self, w));
  } catch (cancelled_error const&) {
    throw;
  } catch (...) {
    w->child->kill();  // it was killed while it spoke, or cannot be heard any more
  }
  co_await w->child->wait_end();
  self->take_end(w);
}

/// Until the worker says nothing any more.
task<> supervisor::state::read_notes(std::shared_ptr<state> self, worker_ptr w) {
  while (true) {
    std::string line;
    try {
      line = co_await w->control.read_line();
    } catch (limit_overrun_error const&) {
      continue;  // something in the worker has written into a descriptor that is not its own
    }
    if (line.empty()) break;
    self->take_note(w, line);
  }
}

void supervisor::state::take_note(worker_ptr const& w, std::string const& line) {
  w->silent = 0;
  std::string::size_type const space = line.find(' ');
  std::string const word = line.substr(0, space);
  if (space != std::string::npos) w->requests = std::strtoull(line.c_str() + space, nullptr, 10);
  if (word == "ready") {
    w->ready = true;
    boot_failures_ = 0;
    w->settled.set();
  } else if (word == "draining" && !w->draining) {
    log([&] { return w->name() + " serves no more after " + std::to_string(w->requests) + " requests, and is replaced"; });
    leave(w, 0);
    free_seat_of(w, w->requests == 0 && clock::now() - w->started < short_life);
  }
}

void supervisor::state::take_end(worker_ptr const& w) {
  log([&] { return how_it_ended(*w); });
  w->deadline.cancel();
  w->settled.set();
  std::erase(leaving_, w);
  if (phase_ == phase::running) {
    for (seat& s : seats_)
      if (s.incoming == w) s.incoming.reset();
    int const status = w->child->status().value_or(0);
    bool const quick = clock::now() - w->started < short_life;
    bool const holds_seat = std::ranges::find(seats_, w, &seat::current) != seats_.end();
    if (holds_seat && !w->ready && status != 0 && (quick || status == detail::boot_failure)) ++boot_failures_;
    bool const some_work = std::ranges::any_of(seats_, [](seat const& s) { return s.current && s.current->ready; });
    if (boot_failures_ >= most_boot_failures && !some_work) {
      for (seat& s : seats_)
        if (s.current == w) s.current.reset();
      give_up();
    } else {
      free_seat_of(w, quick);
    }
  }
  end_if_done();
}

task<> supervisor::state::check_beats(std::shared_ptr<state> self) {
  while (true) {
    co_await sleep(self->check_interval_);
    for (worker_ptr const& w : self->all()) {
      std::chrono::milliseconds const silence = ++w->silent * self->check_interval_;
      if (silence <= self->options_.worker_timeout) continue;
      if (!w->aborted) {
        w->aborted = true;
        self->log([&] {
          return w->name() + " has been blocked for " + std::to_string(silence.count()) + " ms, after " +
                 std::to_string(w->requests) + " requests, and is aborted";
        });
        self->send(*w, SIGABRT);
      } else if (silence > self->options_.worker_timeout + time_to_abort) {
        w->child->kill();
      }
    }
  }
}

task<> supervisor::state::replace_all(std::shared_ptr<state> self) {
  for (unsigned i = 0; i < self->seats_.size(); ++i) {
    worker_ptr fresh;
    std::string failure;
    try {
      fresh = self->start_worker(i);
    } catch (std::exception const& e) {
      failure = e.what();
    }
    if (!fresh) {
      self->log([&] { return "no new worker could be started (" + failure + "), the others stay"; });
      co_return;
    }
    self->seats_[i].next_attempt.cancel();
    self->seats_[i].incoming = fresh;
    co_await fresh->settled.wait();
    if (i >= self->seats_.size()) co_return;  // it has been removed meanwhile
    seat& s = self->seats_[i];
    if (!fresh->ready) {
      self->log([&] { return "the new worker did not begin its work, the others stay"; });
      if (!s.current) self->fill(i);
      co_return;
    }
    if (s.incoming != fresh) continue;  // it has the seat already, or has ended
    worker_ptr const old = std::exchange(s.current, std::exchange(s.incoming, nullptr));
    if (old) self->leave(old, SIGTERM);
  }
}

}  // namespace halka
