// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/create_task.hpp"
#include "../sched/task.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

// The body of a block (`with_task_group`, `timeout`, `with`): a callable that returns a task or a plain value.

namespace halka::detail {

template <class R>
struct unwrapped_task {
  using type = R;
};
template <class T>
struct unwrapped_task<task<T>> {
  using type = T;
};

/// What a block yields for a body F.
template <class F, class... Args>
using body_result_t = typename unwrapped_task<std::invoke_result_t<std::decay_t<F>&, Args...>>::type;

/// Room for the value of a body until its block has been left.
template <class R>
class body_value {
 public:
  template <class U>
  void set(U&& v) {
    if constexpr (std::is_reference_v<R>)
      value_ = std::addressof(v);
    else
      value_.emplace(std::forward<U>(v));
  }
  /// The value. *Errors*: `std::logic_error` if the block cut the body short without an error, so that there is none.
  R take() {
    if (!value_) throw std::logic_error("the block was cancelled before its body returned a value");
    if constexpr (std::is_reference_v<R>)
      return static_cast<R>(**value_);
    else
      return std::move(*value_);
  }
  /// The value; none if the block cut the body short. A pointer for a reference.
  auto take_if_any() {
    if constexpr (std::is_reference_v<R>)
      return value_ ? *value_ : nullptr;
    else
      return std::move(value_);
  }

 private:
  std::optional<stored_t<R>> value_;
};
template <>
class body_value<void> {
 public:
  void take() const noexcept {}
  void take_if_any() const noexcept {}
};

/// Runs the body and keeps its value.
template <class R, class F, class... Args>
task<> run_body(body_value<R>& value, F& body, Args&... args) {
  using returned = std::invoke_result_t<F&, Args&...>;
  if constexpr (is_task_v<returned>) {
    if constexpr (std::is_void_v<R>)
      co_await std::invoke(body, args...);
    else
      value.set(co_await std::invoke(body, args...));
  } else if constexpr (std::is_void_v<R>) {
    std::invoke(body, args...);
    co_return;
  } else {
    value.set(std::invoke(body, args...));
    co_return;
  }
}

}  // namespace halka::detail
