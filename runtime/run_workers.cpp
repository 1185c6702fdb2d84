// SPDX-License-Identifier: MIT
#include "run_workers.hpp"

// The thread that calls runs a loop too, in which nothing happens but this: it starts the workers, is told of each end, and passes
// Ctrl-C on. A worker whose main task has begun can be cancelled from any thread: the others keep the address of its loop, guarded
// by the crew's lock, and send it a message; the task itself is only touched in its own loop. A worker that begins when the crew is
// stopping does not begin.

#include "../sched/any_task.hpp"
#include "../sched/errors.hpp"
#include "../sched/event_loop.hpp"
#include "../sched/running.hpp"
#include "run.hpp"
#include "sync/event.hpp"

#include <pthread.h>
#include <algorithm>
#include <csignal>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace halka {

namespace {

class crew {
 public:
  crew(std::size_t count, run_options const& options, std::function<task<>(worker_info)> const& make)
      : options_(options), make_(make), count_(count), members_(count) {}

  /// In the caller's loop.
  task<> run();

 private:
  struct member {
    event_loop* loop = nullptr;  // while its main task runs; guarded by mutex_
    any_task main;               // its own loop's thread only
  };

  void start_threads(event_loop& home);
  void work(std::size_t index, event_loop& home) noexcept;
  task<> be_member(std::size_t index, bool& failed_first);
  bool stop() noexcept;
  void throw_errors() const;

  run_options const options_;
  std::function<task<>(worker_info)> const& make_;
  std::size_t const count_;
  std::vector<std::jthread> threads_;
  event ended_;
  std::size_t alive_ = 0;  // the caller's loop only
  std::mutex mutex_;       // guards what follows
  std::vector<member> members_;
  std::vector<std::exception_ptr> errors_;
  bool cancelled_ = false;  // one has ended by being cancelled
  bool stopping_ = false;
};

task<> crew::run() {
  std::exception_ptr not_started;
  try {
    start_threads(get_running_loop());
  } catch (...) {
    not_started = std::current_exception();
    stop();
  }
  std::exception_ptr interrupted;
  while (alive_ > 0) {
    try {
      co_await ended_.wait();
    } catch (cancelled_error const&) {
      interrupted = std::current_exception();
    }
    if (interrupted) stop();
  }
  threads_.clear();
  if (not_started) std::rethrow_exception(not_started);
  throw_errors();
  if (interrupted && cancelled_) std::rethrow_exception(interrupted);
}

void crew::start_threads(event_loop& home) {
  // Signals are for the caller's thread, which tells the loops that want to know.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::exception_ptr failure;
  try {
    for (std::size_t i = 0; i < count_; ++i) {
      threads_.emplace_back([this, i, &home] { work(i, home); });
      ++alive_;
    }
  } catch (std::system_error const& e) {
    failure = std::make_exception_ptr(std::system_error(
        e.code(), "run_workers: cannot start thread " + std::to_string(alive_ + 1) + " of " + std::to_string(count_)));
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (failure) std::rethrow_exception(failure);
}

void crew::work(std::size_t index, event_loop& home) noexcept {
  pthread_setname_np(pthread_self(), ("worker " + std::to_string(index)).substr(0, 15).c_str());
  bool failed_first = false;
  try {
    halka::run(be_member(index, failed_first), options_);
  } catch (...) {
    std::exception_ptr const e = std::current_exception();
    if (stop()) failed_first = true;  // it failed outside of its main task
    std::lock_guard const lock(mutex_);
    if (failed_first || !is_cancelled_error(e))
      errors_.push_back(e);
    else
      cancelled_ = true;
  }
  home.call_soon_threadsafe([this] {
    if (--alive_ == 0) ended_.set();
  });
}

task<> crew::be_member(std::size_t index, bool& failed_first) {
  member& self = members_[index];
  self.main = current_task();
  {
    std::lock_guard const lock(mutex_);
    if (stopping_) {
      self.main = {};
      co_return;
    }
    self.loop = &get_running_loop();
  }
  struct leave {
    crew& all;
    member& self;
    ~leave() {
      self.main = {};
      std::lock_guard const lock(all.mutex_);
      self.loop = nullptr;
    }
  } const at_the_end{*this, self};
  try {
    co_await make_({index, count_});
  } catch (...) {
    failed_first = stop();  // before the leftovers of this loop are dealt with
    throw;
  }
}

/// Cancels all that run and lets no other begin. True for the first who asks.
bool crew::stop() noexcept {
  std::lock_guard const lock(mutex_);
  if (stopping_) return false;
  stopping_ = true;
  for (member& m : members_) {
    if (!m.loop) continue;
    // The lock keeps the loop alive: its main task has not left.
    m.loop->call_soon_threadsafe([&m] {
      if (m.main) m.main.cancel("another worker has failed, or all were interrupted");
    });
  }
  return true;
}

void crew::throw_errors() const {
  if (errors_.empty()) return;
  auto const interrupt = std::ranges::find_if(errors_, is_keyboard_interrupt);
  if (interrupt != errors_.end()) std::rethrow_exception(*interrupt);
  if (errors_.size() == 1) std::rethrow_exception(errors_.front());
  throw exception_group("unhandled errors in run_workers", errors_);
}

}  // namespace

void detail::run_worker_loops(std::size_t count, run_options const& options, std::function<task<>(worker_info)> const& make) {
  if (count == 0) throw std::invalid_argument("run_workers: there must be at least one worker");
  if (detail::current.loop)
    throw std::logic_error("run_workers cannot be called from a running event loop, which it would block: call it from main");
  crew all(count, options, make);
  halka::run(all.run(), options);
}

}  // namespace halka
