// SPDX-License-Identifier: MIT
#pragma once

#include "frame_pool.hpp"
#include "task_state.hpp"

#include <concepts>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

// Where a coroutine's result lies: in its promise until somebody takes it, and for the outermost coroutine of a task then in the
// task's control block, or in a box beside it when the value does not fit there.

namespace halka::detail {

/// Whether a value is kept in the control block itself.
template <class T>
inline constexpr bool fits_in_record = sizeof(T) <= sizeof(void*) &&
                                       alignof(T) <= alignof(void*) && std::is_trivially_copyable_v<T>;

template <class T>
struct box final : boxed_value, pooled {
  template <class U>
  explicit box(U&& v)
      : boxed_value{[](boxed_value& self) noexcept { delete static_cast<box*>(&self); }}, value(std::forward<U>(v)) {}
  T value;
};

/// What is stored for a result type: a pointer for a reference.
template <class T>
using stored_t = std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, std::remove_const_t<T>>;

template <class T>
T& stored_in(task_state& t) noexcept {
  if constexpr (fits_in_record<T>)
    return *std::launder(static_cast<T*>(t.small_value()));
  else
    return static_cast<box<T>*>(t.box())->value;
}

/// The exception, if there is one, and the way to it.
class exception_slot {
 public:
  std::exception_ptr const& exception() const noexcept { return exception_; }
  std::exception_ptr take_exception() noexcept { return std::move(exception_); }
  void set_exception(std::exception_ptr e) noexcept { exception_ = std::move(e); }
  void check() const {
    if (exception_) [[unlikely]]
      std::rethrow_exception(exception_);
  }

 private:
  std::exception_ptr exception_;
};

template <class T>
class result_slot : public exception_slot {
  using stored = stored_t<T>;
  static_assert(alignof(stored) <= alignof(std::max_align_t), "task<T> of an over-aligned T: return a std::unique_ptr<T>");

 public:
  result_slot() noexcept {}
  ~result_slot() requires std::is_trivially_destructible_v<stored>
  = default;
  ~result_slot() {
    if (engaged_.value) value_.~stored();
  }

  // A throwing constructor of the value goes on into unhandled_exception.
  template <class U = T>
  requires(!std::is_reference_v<T> && std::constructible_from<stored, U>) void return_value(U&& v) {
    // The cast says that the conversion is meant: `co_return 0` in a task<std::size_t> is no reason for a warning.
    new (std::addressof(value_)) stored(static_cast<stored>(std::forward<U>(v)));
    engaged_.value = true;
  }
  void return_value(T v) requires std::is_reference_v<T> {
    value_ = std::addressof(v);
    engaged_.value = true;
  }

  T take() {
    check();
    if constexpr (std::is_reference_v<T>)
      return static_cast<T>(*value_);
    else
      return std::move(value_);
  }

  void move_to(task_state& t) {
    if constexpr (fits_in_record<stored>)
      new (t.keep_small_value()) stored(value_);
    else
      t.keep_box(*new box<stored>(std::move(value_)));
  }

 private:
  union {
    stored value_;
  };
  // Only what has a destructor needs to know whether it is there.
  struct flag {
    bool value = false;
  };
  struct no_flag {
    struct ignored {
      void operator=(bool) const noexcept {}
    };
    [[no_unique_address]] ignored value;
  };
  [[no_unique_address]] std::conditional_t<std::is_trivially_destructible_v<stored>, no_flag, flag> engaged_;
};

template <>
class result_slot<void> : public exception_slot {
 public:
  void return_void() const noexcept {}
  void take() const { check(); }
};

}  // namespace halka::detail
