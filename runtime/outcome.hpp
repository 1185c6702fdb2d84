// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/result_slot.hpp"

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace halka {

/// What became of an awaitable: its value or its exception.
///
/// *Source*: the items of asyncio.gather(..., return_exceptions=True).
template <class T = void>
class outcome {
  using stored = detail::stored_t<std::conditional_t<std::is_void_v<T>, std::monostate, T>>;

 public:
  using value_type = T;

  template <class U>
  requires(!std::is_same_v<std::remove_cvref_t<U>, outcome> && !std::is_same_v<std::remove_cvref_t<U>, std::exception_ptr> &&
           std::is_constructible_v<stored, U>) explicit outcome(U&& value)
      : content_(std::in_place_index<0>, std::forward<U>(value)) {}
  explicit outcome(std::exception_ptr e) noexcept : content_(std::in_place_index<1>, std::move(e)) {}

  bool has_value() const noexcept { return content_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// The value. *Errors*: the exception, if there is one instead.
  decltype(auto) value() & { return get(*this); }
  decltype(auto) value() const& { return get(*this); }
  T value() && {
    check();
    if constexpr (std::is_reference_v<T>)
      return static_cast<T>(*std::get<0>(content_));
    else if constexpr (!std::is_void_v<T>)
      return std::move(std::get<0>(content_));
  }

  /// The exception; null if there is a value.
  std::exception_ptr exception() const noexcept { return has_value() ? nullptr : *std::get_if<1>(&content_); }

 private:
  void check() const {
    if (auto const* e = std::get_if<1>(&content_)) std::rethrow_exception(*e);
  }
  template <class Self>
  static decltype(auto) get(Self& self) {
    self.check();
    if constexpr (std::is_reference_v<T>)
      return static_cast<T>(*std::get<0>(self.content_));
    else if constexpr (!std::is_void_v<T>)
      return (std::get<0>(self.content_));
  }

  std::variant<stored, std::exception_ptr> content_;
};

namespace detail {

/// Calls `fn` and keeps what becomes of it.
template <class T, class F>
outcome<T> outcome_of_call(F&& fn) noexcept {
  try {
    if constexpr (std::is_void_v<T>) {
      std::forward<F>(fn)();
      return outcome<T>(std::monostate());
    } else if constexpr (std::is_reference_v<T>) {
      return outcome<T>(std::addressof(std::forward<F>(fn)()));
    } else {
      return outcome<T>(std::forward<F>(fn)());
    }
  } catch (...) {
    return outcome<T>(std::current_exception());
  }
}

}  // namespace detail

}  // namespace halka
