// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/awaitable.hpp"
#include "../sched/export.hpp"
#include "../sched/promise_base.hpp"

#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace halka {

template <class T>
class async_generator;

namespace detail {

[[noreturn]] HALKA_API void throw_generator_in_use();
[[noreturn]] HALKA_API void throw_empty_generator();

/// Leaves a generator for its consumer, at a value or at the end.
struct yield_to_consumer {
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) const noexcept {
    return transfer_to(h.promise().continuation_frame());
  }
  void await_resume() const noexcept {}
};

/// Yields a copy, which lives in the awaiter.
template <class T>
class yield_copy : public yield_to_consumer {
 public:
  yield_copy(T const& v, T*& yielded) : copy_(v), yielded_(yielded) {}
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    yielded_ = std::addressof(copy_);
    return yield_to_consumer::await_suspend(h);
  }

 private:
  T copy_;
  T*& yielded_;
};

template <class T>
class generator_promise : public promise_base {
 public:
  explicit generator_promise(std::source_location here = std::source_location::current()) noexcept : promise_base(here) {}

  async_generator<T> get_return_object() noexcept;
  std::suspend_always initial_suspend() const noexcept { return {}; }
  yield_to_consumer final_suspend() const noexcept { return {}; }

  template <class A>
  auto await_transform(A&& a, std::source_location here = std::source_location::current()) {
    where = here;
    return transform_awaitable(std::forward<A>(a));
  }

  // What is yielded lives in the generator's frame until the generator goes on.
  yield_to_consumer yield_value(std::remove_reference_t<T>& v) noexcept {
    value_ = std::addressof(v);
    return {};
  }
  yield_to_consumer yield_value(std::remove_reference_t<T>&& v) noexcept requires(!std::is_lvalue_reference_v<T>) {
    value_ = std::addressof(v);
    return {};
  }
  /// A constant is copied first: `next` moves out of what was yielded.
  auto yield_value(std::remove_reference_t<T> const& v) requires(!std::is_reference_v<T> && std::copy_constructible<T>) {
    return yield_copy<T>(v, value_);
  }
  void return_void() const noexcept {}
  void unhandled_exception() noexcept {
    exception_ = std::current_exception();
    record_trace(exception_);
  }

  /// The value just yielded; null at the end. Throws what ended the generator, once.
  std::remove_reference_t<T>* take() {
    if (exception_) std::rethrow_exception(std::exchange(exception_, nullptr));
    return std::exchange(value_, nullptr);
  }

  bool running = false;

 private:
  std::remove_reference_t<T>* value_ = nullptr;
  std::exception_ptr exception_;
};

/// Runs a generator up to its next value.
template <class T>
class next_awaiter : public own_awaiter {
 public:
  using promise = generator_promise<T>;
  /// A reference is yielded as a pointer, a value by moving it out.
  using result = std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, std::optional<T>>;

  explicit next_awaiter(std::coroutine_handle<promise> generator) : generator_(generator) {
    if (!generator) throw_empty_generator();
    if (generator.promise().running) throw_generator_in_use();
  }

  bool await_ready() const noexcept { return generator_.done(); }

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> consumer) noexcept {
    promise& p = generator_.promise();
    p.running = true;
    p.continue_with(consumer);
    detail::current.started = &p;
    return transfer_to(generator_.address());
  }

  result await_resume() {
    generator_.promise().running = false;
    auto* const value = generator_.promise().take();
    if constexpr (std::is_reference_v<T>) {
      return value;
    } else {
      if (!value) return std::nullopt;
      return result(std::move(*value));
    }
  }

 private:
  std::coroutine_handle<promise> generator_;
};

template <class T>
class [[nodiscard("must co_await generator.next()")]] next_operation {
 public:
  explicit next_operation(std::coroutine_handle<generator_promise<T>> generator) noexcept : generator_(generator) {}
  next_awaiter<T> operator co_await()&& { return next_awaiter<T>(generator_); }

 private:
  std::coroutine_handle<generator_promise<T>> generator_;
};

}  // namespace detail

/// A coroutine that yields values one at a time and may await between them:
///
///     while (auto x = co_await generator.next()) use(*x);
///
/// *Suspends*: `next()` runs the generator in the awaiting task until it yields; it suspends only where the generator does.
/// *Result*: of `next()`: `std::optional<T>`, empty at the end; for a reference type a pointer, null at the end.
/// *Errors*: what leaves the generator is thrown once, by the `next()` that met it; after that, and after the end, `next()` yields
/// nothing. `std::logic_error` when another task is in `next()`.
/// *Cancellation*: reaches the await inside the generator; what it does not catch ends the generator.
/// *Lifetime*: destroying a generator destroys its local variables where it stands.
/// *Source*: Python's asynchronous generators.
template <class T>
class [[nodiscard]] async_generator {
 public:
  using promise_type = detail::generator_promise<T>;
  using value_type = T;

  async_generator(async_generator&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  async_generator& operator=(async_generator other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~async_generator() {
    if (frame_) frame_.destroy();
  }

  /// Runs up to the next value.
  detail::next_operation<T> next() noexcept { return detail::next_operation<T>(frame_); }

 private:
  friend promise_type;
  explicit async_generator(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  std::coroutine_handle<promise_type> frame_;
};

template <class T>
async_generator<T> detail::generator_promise<T>::get_return_object() noexcept {
  return async_generator<T>(std::coroutine_handle<generator_promise>::from_promise(*this));
}

}  // namespace halka
