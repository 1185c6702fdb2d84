// SPDX-License-Identifier: MIT
#pragma once

// Facts about the compilers that halka supports. Nothing else in the tree asks for a version.

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace halka::detail {

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
/// g++ 12 copies a closure temporary bit by bit when it stands inside an expression that awaits, and destroys it twice (GCC
/// PR 99576).
inline constexpr bool closure_temporaries_break = true;
#else
inline constexpr bool closure_temporaries_break = false;
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

/// Symmetric transfer costs stack unless the compiler turns it into a jump. clang always does, except under a sanitizer; g++ does
/// at -O2 and above, which no macro tells (GCC PR 100897).
#if defined(__clang__)
inline constexpr bool transfer_uses_stack = sanitized;
#else
inline constexpr bool transfer_uses_stack = true;
#endif

/// The depth of the stack: it grows downwards on every machine that has io_uring and is supported here.
[[gnu::always_inline]] inline std::uintptr_t stack_position() noexcept {
#if defined(__x86_64__)
  // __builtin_frame_address would make every coroutine keep a frame pointer.
  std::uintptr_t position;
  asm("mov %%rsp, %0" : "=r"(position));
  return position;
#else
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
#endif
}

template <class T>
constexpr std::string_view pretty_type() noexcept {
  return __PRETTY_FUNCTION__;
}

/// True for a closure that g++ 12 would destroy twice when it is written as a temporary inside an awaiting expression. A lambda
/// that has a name is handed over as an lvalue and is safe.
template <class F>
constexpr bool breaks_as_temporary() noexcept {
  if constexpr (!closure_temporaries_break || std::is_lvalue_reference_v<F>)
    return false;
  else
    return std::is_class_v<F> && !std::is_trivially_destructible_v<F> && pretty_type<F>().find("<lambda") != std::string_view::npos;
}

/// Turns that silent miscompile into a message.
template <class F>
constexpr void check_callable() noexcept {
  static_assert(!breaks_as_temporary<F>(),
                "g++ 12 destroys a lambda temporary with such captures twice inside co_await (GCC PR 99576): "
                "name the lambda first and pass it by name, or pass (function, arguments...)");
}

}  // namespace halka::detail
