// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/compiler.hpp"
#include "../sched/export.hpp"
#include "../sched/task.hpp"
#include "../sched/task_state.hpp"
#include "body.hpp"

#include <exception>
#include <functional>
#include <utility>

namespace halka {

/// A block that can be cancelled as a whole, and stays cancelled: every suspension in it throws until it is left, also those of a
/// clean-up that swallows the first exception. `task_handle::cancel`, by contrast, throws once.
///
///     cancel_scope scope;
///     co_await scope.run([&]() -> task<> { ... scope.cancel(); ... });
///
/// Of nested scopes that are cancelled, the outermost one absorbs the cancellation.
///
/// *Thread safety*: the loop's thread only.
/// *Source*: trio.CancelScope.
class HALKA_API cancel_scope {
 public:
  cancel_scope() noexcept = default;
  cancel_scope(cancel_scope const&) = delete;
  cancel_scope& operator=(cancel_scope const&) = delete;

  /// Runs `body()` inside the scope. *Errors*: what leaves the body, unless it is this scope's cancellation; `std::logic_error` if
  /// the scope was entered before.
  template <class F>
  requires std::invocable < std::decay_t<F>
  & > task<> run(F&& body) {
    detail::check_callable<F>();
    return run_body_in(*this, std::decay_t<F>(std::forward<F>(body)));
  }

  /// Cancels the scope: before it is entered, while it runs, from any task of the loop. Later it has no effect.
  void cancel();

  bool cancel_called() const noexcept { return cancelled_; }
  /// True if the scope's cancellation left the body and ended here.
  bool cancelled_caught() const noexcept { return caught_; }

 private:
  template <class F>
  static task<> run_body_in(cancel_scope& scope, F body) {
    detail::body_value<void> nothing;
    std::exception_ptr error;
    scope.enter();
    try {
      co_await detail::run_body(nothing, body);
    } catch (...) {
      error = std::current_exception();
    }
    scope.leave(std::move(error));
  }

  void enter();
  void leave(std::exception_ptr e);
  bool cancelled_around() const noexcept;

  task_state* task_ = nullptr;
  cancel_scope* outer_ = nullptr;
  unsigned cancelling_at_entry_ = 0;
  bool cancel_pending_at_entry_ = false;
  bool entered_ = false;
  bool cancelled_ = false;
  bool caught_ = false;
};

}  // namespace halka
