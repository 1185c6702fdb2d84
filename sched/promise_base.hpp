// SPDX-License-Identifier: MIT
#pragma once

#include "compiler.hpp"
#include "frame_pool.hpp"
#include "running.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <source_location>
#include <type_traits>

namespace halka {

/// What all of halka's coroutines have in common: who awaits them, where they are, what they are called.
struct promise_base {
  std::uintptr_t continuation =
      0;                       // the frame that awaits this one, with bit 0 set if it is not one of halka's; 0 in the outermost
  std::source_location where;  // the co_await that was reached last; line 0 before the first
  std::source_location name;   // where the coroutine is defined

  explicit promise_base(std::source_location here) noexcept : name(here) {}
  promise_base(promise_base const&) = delete;
  promise_base& operator=(promise_base const&) = delete;

  static void* operator new(std::size_t size) {
    void* const frame = allocate_frame(size);
#ifndef NDEBUG
    // A body that g++ 12.2 drops leaves the frame's state unset. Zero there makes resuming it do nothing, which the loop notices.
    if constexpr (detail::closure_temporaries_break) std::memset(frame, 0, size);
#endif
    return frame;
  }
  static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }

  /// Remembers who awaits this coroutine.
  template <class Promise>
  void continue_with(std::coroutine_handle<Promise> awaiting) noexcept {
    continuation = reinterpret_cast<std::uintptr_t>(awaiting.address());
    if constexpr (!std::is_base_of_v<promise_base, Promise>) continuation |= 1;
  }
  void* continuation_frame() const noexcept { return reinterpret_cast<void*>(continuation & ~std::uintptr_t{1}); }

  /// The promise of the coroutine that awaits this one; null if there is none or it is a foreign one.
  promise_base* awaited_by() const noexcept {
    return continuation == 0 || (continuation & 1) ? nullptr : &in(continuation_frame());
  }

  /// The promise in a frame whose promise derives from this class first.
  static promise_base& in(void* frame) noexcept { return std::coroutine_handle<promise_base>::from_address(frame).promise(); }

  /// Adds this coroutine to the trace of the exception that leaves it. Called in `unhandled_exception`.
  HALKA_API void record_trace(std::exception_ptr const& e) const noexcept;
};

namespace detail {

/// Jumps to `target`, or lets the loop do it when the stack is deep.
[[gnu::always_inline]] inline std::coroutine_handle<> transfer_to(void* target) noexcept {
  if constexpr (transfer_uses_stack) {
    if (stack_position() < detail::current.stack_limit) [[unlikely]] {
      detail::current.transfer = target;
      return std::noop_coroutine();
    }
  }
  return std::coroutine_handle<>::from_address(target);
}

/// The location to remember for a frame that suspends; none for a foreign coroutine.
template <class Promise>
std::source_location location_of(std::coroutine_handle<Promise> h) noexcept {
  if constexpr (std::is_base_of_v<promise_base, Promise>)
    return h.promise().where;
  else
    return {};
}

}  // namespace detail

}  // namespace halka
