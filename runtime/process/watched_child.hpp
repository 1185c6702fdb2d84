// SPDX-License-Identifier: MIT
#pragma once

// A child process from its start until its status was taken, and for as long as somebody asks for it.
//
//   made --begin--> running --the kernel's waitid completes--> ended (a status, or the error with which it was lost)
//                      |
//                   the loop ends: killed and taken at once, unless it is detached; then it is left alone
//
// The waitid is one operation, begun with the process and owned by this object, which keeps itself alive until it has completed. So
// the status is taken, and no zombie stays, whether anybody waits or not. Those who wait are told; they may come and go.
//
// Signals go through the pidfd, which names this process and no later one with the same number. It is closed with the status,
// unless signals go to the group: its members may outlive their leader.
//
// A process that the zygote started is the zygote's child, which writes its status into a pipe; reading that takes the place of the
// waitid.

#include "../../io/io_operation.hpp"
#include "../../io/ops/wait_child.hpp"
#include "../../io/spawn.hpp"
#include "../../sched/awaitable.hpp"
#include "../../sched/export.hpp"
#include "../../sched/suspension.hpp"
#include "../../sched/waiter.hpp"
#include "../child/child_start.hpp"

#include <coroutine>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace halka {

class event_loop;

class HALKA_API watched_child final : public std::enable_shared_from_this<watched_child>, private io_operation {
 public:
  class end_awaiter;
  class end_operation;

  /// `name` is for messages. With `group` the process leads a group, and signals go to all of it.
  watched_child(event_loop& loop, std::string name, bool group);
  ~watched_child();

  /// Takes over a process. *Errors*: if the kernel takes no more operations; the process has been killed then.
  void begin(io::spawned_process started);
  void begin(started_child started);

  int pid() const noexcept { return pid_; }
  std::string const& name() const noexcept { return name_; }
  bool ended() const noexcept { return ended_; }
  /// None while it runs, and if somebody else took it.
  std::optional<int> status() const noexcept { return status_; }
  /// *Errors*: `std::system_error` (ECHILD) if somebody else took it.
  int checked_status() const;

  /// False if it has ended already: then nobody gets the signal.
  ///
  /// *Errors*: `std::invalid_argument` if it is no signal's number; `std::system_error` if this process may not send it.
  bool send(int signal);
  /// Kills it without telling of errors.
  void kill() noexcept;
  /// The end of the loop leaves it alone.
  void detach() noexcept { detached_ = true; }
  bool is_detached() const noexcept { return detached_; }

  /// Suspends until it has ended. *Errors*: `cancelled_error`.
  end_operation wait_end() noexcept;
  /// The same; a cancellation waits for it and comes at the next suspension.
  end_operation wait_end_anyway() noexcept;
  std::size_t waiting() const;

 private:
  void begin_waiting();
  int take_status(io_operation const& op);
  int send_now(int signal) const noexcept;
  void take_now() noexcept;
  void end(int status) noexcept;
  void lose(int error) noexcept;
  void close_descriptors() noexcept;
  static void completed(io_operation& op);

  event_loop& loop_;
  std::string name_;
  bool group_;
  bool ended_ = false;
  bool detached_ = false;
  int pid_ = -1;
  int pidfd_ = -1;      // not in the loop's ledger, both: they are not the program's to close
  int status_fd_ = -1;  // the pipe in which the zygote tells the status
  int told_ = 0;        // lifetime: the kernel writes it while the operation is in flight
  std::optional<int> status_;
  int lost_ = 0;  // the errno
  waiter_list waiters_;
  io::wait_child_request request_;
  std::shared_ptr<watched_child> running_;  // itself, while the operation is in flight
};

class HALKA_API watched_child::end_awaiter final : public detail::own_awaiter, private suspension, private waiter {
 public:
  end_awaiter(watched_child& child, bool anyway) noexcept : waiter(told), child_(child), anyway_(anyway) {}

  bool await_ready() const { return child_.ended_ && detail::within_budget(); }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    task_ = &detail::require_task();
    task_->suspend_at(h.address(), detail::location_of(h));
    if (child_.ended_) return task_->yield_to(detail::current.loop->ready());
    child_.waiters_.add(*this);
    task_->wait_on(*this);
  }
  void await_resume() {
    if (task_ && !anyway_) task_->check_cancelled();
  }

 private:
  bool cancel(std::string_view reason) override;
  void describe(wait_description& d) const override;
  static void told(waiter& w);

  watched_child& child_;
  task_state* task_ = nullptr;  // set if it suspended
  bool anyway_;
};

class [[nodiscard]] watched_child::end_operation {
 public:
  end_operation(watched_child& child, bool anyway) noexcept : child_(&child), anyway_(anyway) {}
  end_awaiter operator co_await() && noexcept { return end_awaiter(*child_, anyway_); }

 private:
  watched_child* child_;
  bool anyway_;
};

inline watched_child::end_operation watched_child::wait_end() noexcept { return {*this, false}; }
inline watched_child::end_operation watched_child::wait_end_anyway() noexcept { return {*this, true}; }

}  // namespace halka
