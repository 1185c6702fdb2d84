// SPDX-License-Identifier: MIT
#pragma once

// What can be awaited, and how a halka coroutine gets from it to the awaiter that the compiler drives.
//
// halka's own awaitables are small values with `operator co_await() &&`, which makes the real awaiter in place, so that an awaiter
// never moves. g++ 12 copies an awaiter that it reaches through a reference; hence everything here returns prvalues, and awaiters
// cannot be copied.

#include "event_loop.hpp"
#include "promise_base.hpp"
#include "suspension.hpp"
#include "task_state.hpp"

#include <concepts>
#include <coroutine>
#include <memory>
#include <type_traits>
#include <utility>

namespace halka {

template <class T>
class task;

namespace detail {

template <class A>
concept has_member_co_await = requires(A&& a) {
  std::forward<A>(a).operator co_await();
};
template <class A>
concept has_free_co_await = requires(A&& a) {
  operator co_await(std::forward<A>(a));
};
template <class A>
concept is_awaiter = requires(std::remove_reference_t<A>& a, std::coroutine_handle<> h) {
  a.await_ready() ? 0 : 0;
  a.await_suspend(h);
  a.await_resume();
};

/// Awaiters of halka derive from this: they know how to suspend a task.
struct own_awaiter {
  own_awaiter() = default;
  own_awaiter(own_awaiter const&) = delete;
  own_awaiter& operator=(own_awaiter const&) = delete;
};

/// The awaiter behind an awaitable: what `operator co_await` gives, or the awaitable itself.
template <class A>
decltype(auto) awaiter_of(A&& a) {
  if constexpr (has_member_co_await<A>)
    return std::forward<A>(a).operator co_await();
  else if constexpr (has_free_co_await<A>)
    return operator co_await(std::forward<A>(a));
  else
    return static_cast<A&&>(a);
}

template <class A>
using awaiter_of_t = decltype(awaiter_of(std::declval<A>()));

template <class T>
inline constexpr bool is_task_v = false;
template <class T>
inline constexpr bool is_task_v<task<T>> = true;

}  // namespace detail

/// Anything that may stand behind `co_await` in a halka coroutine.
template <class A>
concept awaitable = detail::has_member_co_await<A> || detail::has_free_co_await<A> || detail::is_awaiter<A>;

/// What `co_await` yields for an awaitable of type A.
template <awaitable A>
using await_result_t = decltype(std::declval<std::remove_reference_t<detail::awaiter_of_t<A>>&>().await_resume());

namespace detail {

/// Awaits something that halka did not make. It may resume on any thread: what it is given is not the task's coroutine but a proxy
/// that hands the task back to its loop. A cancellation is delivered when it has resumed.
template <class Awaiter>
class foreign_awaiter : public own_awaiter, private suspension, private runnable {
 public:
  template <class A>
  explicit foreign_awaiter(A&& a) : runnable{nullptr, back_on_loop}, awaiter_(awaiter_of(std::forward<A>(a))) {}
  ~foreign_awaiter() {
    if (proxy_) proxy_.destroy();
  }

  bool await_ready() { return awaiter_.await_ready(); }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) {
    task_ = &require_task();
    home_ = task_->loop().address();
    frame_ = h.address();
    where_ = location_of(h);
    proxy_ = resume_through(*this).handle;
    suspended_ = true;
    task_->suspend_at(frame_, where_);
    task_->wait_on(*this);
    try {
      hand_to_awaiter();
    } catch (...) {
      task_->go_on();
      throw;
    }
    return true;
  }

  decltype(auto) await_resume() {
    if (suspended_) task_->check_cancelled();
    return awaiter_.await_resume();
  }

 private:
  /// A coroutine that does nothing but end. Where it ends it is suspended for good, so it may be destroyed by the loop while the
  /// thread that resumed it is still on its way out.
  struct proxy {
    struct promise_type {
      explicit promise_type(foreign_awaiter& a) noexcept : self(a) {}
      static void* operator new(std::size_t size) { return allocate_frame(size); }
      static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }
      struct send_home {
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<promise_type> h) const noexcept {
          foreign_awaiter& waiting = h.promise().self;
          std::shared_ptr<mailbox> const home = waiting.home_;  // what waits may be gone as soon as it is sent
          static_cast<void>(home->post(waiting));               // not refused: the loop runs, for its frame waits
        }
        void await_resume() const noexcept {}
      };
      proxy get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
      std::suspend_always initial_suspend() noexcept { return {}; }
      send_home final_suspend() noexcept { return {}; }
      void return_void() noexcept {}
      void unhandled_exception() noexcept {}
      foreign_awaiter& self;
    };
    std::coroutine_handle<promise_type> handle;
  };
  static proxy resume_through(foreign_awaiter&) { co_return; }
  void hand_to_awaiter() {
    std::coroutine_handle<> const resumed = proxy_;
    using result = decltype(awaiter_.await_suspend(resumed));
    if constexpr (std::is_void_v<result>) {
      awaiter_.await_suspend(resumed);
    } else if constexpr (std::same_as<result, bool>) {
      if (!awaiter_.await_suspend(resumed)) back_on_loop(*this);
    } else {
      awaiter_.await_suspend(resumed).resume();
    }
  }
  static void back_on_loop(runnable& r) {
    auto& self = static_cast<foreign_awaiter&>(r);
    self.task_->suspend_at(self.frame_, self.where_);
    self.task_->wake();
  }
  bool cancel(std::string_view) override { return false; }
  void describe(wait_description& d) const override { d.what = "an awaitable of another library"; }

  task_state* task_ = nullptr;
  std::shared_ptr<mailbox> home_;
  void* frame_ = nullptr;
  std::source_location where_;
  std::coroutine_handle<> proxy_;
  bool suspended_ = false;
  Awaiter awaiter_;
};

/// The awaiter that a halka coroutine uses for an awaitable: halka's own as it is, anything else with a proxy.
template <class A>
auto transform_awaitable(A&& a) {
  static_assert(!is_task_v<std::remove_cvref_t<A>> || std::is_rvalue_reference_v<A&&>,
                "a task is awaited once, and only as an rvalue: co_await f(), or co_await std::move(t)");
  static_assert(awaitable<A>, "this type cannot be awaited");
  using awaiter = awaiter_of_t<A>;
  if constexpr (std::is_base_of_v<own_awaiter, std::remove_cvref_t<awaiter>>) {
    static_assert(!std::is_reference_v<awaiter>, "an operation of halka is awaited as a prvalue");
    return awaiter_of(std::forward<A>(a));
  } else {
    // A temporary outlives the co_await expression that it stands in, so a reference to it is enough.
    return foreign_awaiter<awaiter>(std::forward<A>(a));
  }
}

}  // namespace detail

}  // namespace halka
