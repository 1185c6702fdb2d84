// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/awaitable.hpp"

#include <coroutine>

namespace halka {

namespace detail {

class done_awaiter : public own_awaiter {
 public:
  bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  void await_resume() const noexcept {}
};

}  // namespace detail

/// What a function returns that does its work at once, so that awaiting it is right too, and changes nothing.
class done_already {
 public:
  done_already() noexcept = default;
  detail::done_awaiter operator co_await() && noexcept { return {}; }
};

}  // namespace halka
