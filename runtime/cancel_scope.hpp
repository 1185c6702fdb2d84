// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/cancel_request.hpp"
#include "../sched/clock.hpp"
#include "../sched/compiler.hpp"
#include "../sched/export.hpp"
#include "../sched/task.hpp"
#include "../sched/task_state.hpp"
#include "../sched/timer_wheel.hpp"
#include "body.hpp"

#include <concepts>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace halka {

struct cancel_scope_options {
  clock::time_point deadline = never;  // when the scope is cancelled by itself
  bool shield = false;                 // what is asked for outside waits until the scope is left
  bool level_triggered = true;         // every suspension throws; else one for each `cancel`, as with `task_handle::cancel`
};

class cancel_scope;

namespace detail {

class scope_access;

template <class F>
concept scope_body = std::invocable<F&, cancel_scope&> || std::invocable<F&>;

}  // namespace detail

/// A block that can be cancelled as a whole, and stays cancelled: every suspension in it throws until it is left, also those of a
/// clean-up that swallows the first exception. `task_handle::cancel`, by contrast, throws once.
///
///     cancel_scope scope;
///     co_await scope.run([&]() -> task<> { ... scope.cancel(); ... });
///
/// Of nested scopes that are cancelled, the outermost one absorbs the cancellation. The tasks that the body starts are not in the
/// scope, but what the body awaits is cancelled with it.
///
/// A clean-up that awaits although its task is being cancelled stands in a shielded scope, with a deadline of its own:
///
///     cancel_scope last_words({.deadline = clock::now() + 1s, .shield = true});
///     co_await last_words.run([&] { return connection.say_goodbye(); });
///
/// *Thread safety*: the loop's thread only.
/// *Source*: trio.CancelScope.
class HALKA_API cancel_scope final : private timer, private cancel_request {
 public:
  explicit cancel_scope(cancel_scope_options const& options = {}) noexcept : timer(deadline_came), options_(options) {}
  cancel_scope(cancel_scope const&) = delete;
  cancel_scope& operator=(cancel_scope const&) = delete;
  ~cancel_scope();

  /// Runs `body()` or `body(scope)` inside the scope.
  ///
  /// *Result*: of a body that returns a value, the value as a `std::optional` (a reference as a pointer), which is empty if the
  /// scope's cancellation left the body. *Errors*: what leaves the body, unless it is this scope's cancellation;
  /// `std::logic_error` if the scope was entered before. *Lifetime*: `body` is moved in; the scope must outlive the call.
  template <class F>
  requires detail::scope_body<std::decay_t<F>>
  auto run(F&& body);

  /// Cancels the scope: before it is entered, while it runs, from any task of the loop. After the end it has no effect.
  /// `reason` is what `cancelled_error` says.
  ///
  /// *Errors*: `std::logic_error` outside of the loop that runs the scope: other threads use `call_soon_threadsafe`.
  void cancel(std::string_view reason = {});

  /// Moves the deadline; `never` switches it off; one in the past cancels in the next pass. Without effect once the scope was
  /// cancelled or left. *Errors*: as for `cancel`.
  void reschedule(clock::time_point deadline);
  /// `never` if there is none.
  clock::time_point deadline() const noexcept { return options_.deadline; }

  /// True once `cancel` was called or the deadline came while the body ran.
  bool cancel_called() const noexcept { return cancelled_; }
  /// True if the scope's cancellation left the body and ended here.
  bool cancelled_caught() const noexcept { return caught_; }

 private:
  friend class detail::scope_access;

  void enter();
  void leave(std::exception_ptr e);
  void abandon() noexcept;
  void set_deadline();
  void check_thread(char const* operation) const;
  static void deadline_came(timer& t);
  std::string cancel_reason() const override;

  cancel_scope_options options_;
  std::string reason_;
  bool was_entered_ = false;
  bool cancelled_ = false;
  bool caught_ = false;
};

namespace detail {

/// A scope while its body runs. The frame of the body may end without a step, when the loop is closed; the scope may live on.
class scope_access {
 public:
  explicit scope_access(cancel_scope& s) : scope_(s) { s.enter(); }
  ~scope_access() { scope_.abandon(); }
  scope_access(scope_access const&) = delete;
  scope_access& operator=(scope_access const&) = delete;
  void leave(std::exception_ptr e) { scope_.leave(std::move(e)); }

 private:
  cancel_scope& scope_;
};

template <class F>
struct scope_body_result {
  using type = body_result_t<F>;
};
template <class F>
requires std::invocable<F&, cancel_scope&>
struct scope_body_result<F> {
  using type = body_result_t<F, cancel_scope&>;
};
/// What a body returns or yields.
template <class F>
using scope_body_result_t = typename scope_body_result<F>::type;

/// Runs a body in a scope and keeps its value, if it has one.
template <class R, class F>
task<> run_body_in(cancel_scope& scope, body_value<R>& value, F& body) {
  std::exception_ptr error;
  scope_access inside(scope);
  try {
    if constexpr (std::invocable<F&, cancel_scope&>)
      co_await run_body(value, body, scope);
    else
      co_await run_body(value, body);
  } catch (...) {
    error = std::current_exception();
  }
  inside.leave(std::move(error));
}

template <class R>
using value_if_any_t = decltype(std::declval<body_value<R>&>().take_if_any());

template <class F>
task<value_if_any_t<scope_body_result_t<F>>> run_scope(cancel_scope& scope, F body) {
  body_value<scope_body_result_t<F>> value;
  co_await run_body_in(scope, value, body);
  co_return value.take_if_any();
}

}  // namespace detail

template <class F>
requires detail::scope_body<std::decay_t<F>>
auto cancel_scope::run(F&& body) {
  detail::check_callable<F>();
  return detail::run_scope(*this, std::decay_t<F>(std::forward<F>(body)));
}

}  // namespace halka
