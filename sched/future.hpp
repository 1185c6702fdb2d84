// SPDX-License-Identifier: MIT
#pragma once

#include "any_task.hpp"
#include "callback.hpp"
#include "done_callbacks.hpp"
#include "errors.hpp"
#include "event_loop.hpp"
#include "export.hpp"
#include "frame_pool.hpp"
#include "handle_awaiter.hpp"
#include "result_slot.hpp"
#include "waiter.hpp"

#include <concepts>
#include <cstddef>
#include <exception>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace halka {

namespace detail {

/// The part of a future's shared state that does not depend on its type.
class HALKA_API future_core {
 public:
  enum class phase : unsigned char { pending, succeeded, failed, cancelled };

  future_core(event_loop& loop, std::source_location made_at) noexcept : loop_(loop), made_at_(made_at) {}
  future_core(future_core const&) = delete;
  future_core& operator=(future_core const&) = delete;

  phase state() const noexcept { return phase_; }
  bool done() const noexcept { return phase_ != phase::pending; }
  event_loop& loop() const noexcept { return loop_; }
  waiter_list& waiters() noexcept { return waiters_; }

  void check_pending(char const* operation) const;
  void check_result() const;
  std::exception_ptr exception();
  void fail(std::exception_ptr e);
  bool cancel(std::string_view reason);
  void succeed() {
    phase_ = phase::succeeded;
    waiters_.notify_all();
  }
  callback_id add_callback(callback& c);

  void retain() noexcept { ++refs_; }
  bool release() noexcept { return --refs_ == 0; }
  bool shared() const noexcept { return refs_ > 1; }

 protected:
  ~future_core();

 private:
  event_loop& loop_;
  waiter_list waiters_;
  std::exception_ptr exception_;
  std::source_location made_at_;
  unsigned refs_ = 1;
  phase phase_ = phase::pending;
  mutable bool retrieved_ = false;
};

template <class T>
struct future_state final : future_core, pooled {
  using future_core::future_core;
  std::optional<stored_t<std::conditional_t<std::is_void_v<T>, bool, T>>> value;
};

}  // namespace detail

/// A result that somebody will set. Copyable; all copies refer to the same result. It belongs to the loop that runs when it is
/// made.
///
/// *Suspends*: `co_await f` until it is set; not at all if it is.
/// *Result*: a reference to the value, for every awaiter; `co_await std::move(f)` yields the value itself.
/// *Errors*: what `set_exception` was given; `cancelled_error` after `cancel`.
/// *Cancellation*: cancelling a task that awaits a future cancels the future, and with it all who await it; `shield` prevents that.
/// *Thread safety*: the loop's thread only.
/// *Source*: asyncio.Future.
template <class T = void>
class future {
 public:
  using value_type = T;
  using reference = std::conditional_t<std::is_void_v<T>, void, std::add_lvalue_reference_t<T>>;

  /// *Errors*: `std::logic_error` outside of a loop.
  explicit future(std::source_location here = std::source_location::current())
      : state_(new detail::future_state<T>(get_running_loop(), here)) {}
  /// A future of a loop that need not be running.
  explicit future(event_loop& loop, std::source_location here = std::source_location::current())
      : state_(new detail::future_state<T>(loop, here)) {}
  future(future const& other) noexcept : state_(other.state_) {
    if (state_) state_->retain();
  }
  future(future&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  future& operator=(future other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~future() {
    if (state_ && state_->release()) delete state_;
  }
  friend bool operator==(future const& a, future const& b) noexcept { return a.state_ == b.state_; }

  /// Sets the value and wakes who awaits it. *Errors*: `invalid_state_error` if it is set or cancelled.
  template <class U = T>
  requires(!std::is_void_v<T>) void set_result(U&& value) const {
    state().check_pending("set_result");
    if constexpr (std::is_reference_v<T>)
      state_->value.emplace(std::addressof(value));
    else
      state_->value.emplace(std::forward<U>(value));
    state_->succeed();
  }
  void set_result() const requires std::is_void_v<T> {
    state().check_pending("set_result");
    state_->succeed();
  }

  /// Fails it. *Errors*: `invalid_state_error` if it is set or cancelled; `std::invalid_argument` for null.
  void set_exception(std::exception_ptr e) const { state().fail(std::move(e)); }
  template <class E>
  requires(!std::same_as<std::decay_t<E>, std::exception_ptr>) void set_exception(E&& e) const {
    set_exception(std::make_exception_ptr(std::forward<E>(e)));
  }

  /// False if it is set already.
  bool cancel(std::string_view reason = {}) const { return state().cancel(reason); }

  bool done() const { return state().done(); }
  bool cancelled() const { return state().state() == detail::future_core::phase::cancelled; }

  /// The value. *Errors*: `invalid_state_error` before it is set; else as for `co_await`.
  reference result() const {
    state().check_result();
    return yield<reference>();
  }

  /// The exception; null if it has a value. *Errors*: `invalid_state_error` before it is set; `cancelled_error` if cancelled.
  std::exception_ptr exception() const { return state().exception(); }

  /// Calls `fn`, without argument or with this future, through the loop when it is set; in the next pass if it is.
  template <class F>
  requires std::invocable<F> || std::invocable<F, future> callback_id add_done_callback(F&& fn)
  const {
    using function = std::decay_t<F>;
    if constexpr (std::invocable<F, future>) {
      return state().add_callback(*new self_callback<function>(*state_, std::forward<F>(fn)));
    } else {
      return state().add_callback(*new detail::callback_of<function>(state().loop(), std::forward<F>(fn)));
    }
  }
  /// 1 if the callback was registered and is not queued yet, else 0.
  std::size_t remove_done_callback(callback_id id) const {
    return halka::remove_done_callback(state().waiters(), static_cast<std::uint64_t>(id));
  }

  detail::handle_awaiter<future, reference> operator co_await() const& { return detail::handle_awaiter<future, reference>(*this); }
  detail::handle_awaiter<future, T> operator co_await() && { return detail::handle_awaiter<future, T>(std::move(*this)); }

  // -- for awaiters

  void describe(wait_description& d) const { d.what = "a future"; }
  waiter_list& waiters() const { return state().waiters(); }
  void check_awaitable(task_state const& by) const {
    if (&state().loop() != &by.loop()) throw std::logic_error("a future is awaited in another loop than its own");
  }
  template <class Result>
  Result yield() const {
    state().check_result();
    if constexpr (!std::is_void_v<T>) {
      auto& stored = *state_->value;
      if constexpr (std::is_reference_v<T>) {
        return static_cast<T>(*stored);
      } else if constexpr (std::is_reference_v<Result>) {
        return stored;
      } else {
        if constexpr (std::copy_constructible<T>)
          if (state_->shared()) return stored;  // others may still read it
        return std::move(stored);
      }
    }
  }

 private:
  explicit future(detail::future_state<T>& s) noexcept : state_(&s) { s.retain(); }

  /// A done callback that is given the future. It holds it only from the moment when it is set: one that is never set would else
  /// never be freed.
  template <class F>
  class self_callback final : public callback, public pooled {
   public:
    template <class G>
    self_callback(detail::future_state<T>& s, G&& fn) : callback(s.loop()), state_(s), function_(std::forward<G>(fn)) {
      if (s.done()) prepare();
    }

   private:
    void prepare() override { future_.emplace(future(state_)); }
    void call() override { function_(std::move(*future_)); }
    detail::future_state<T>& state_;
    std::optional<future> future_;
    F function_;
  };

  detail::future_state<T>& state() const {
    if (!state_) throw std::logic_error("use of a future that was moved from");
    return *state_;
  }

  detail::future_state<T>* state_;
};

}  // namespace halka
