// SPDX-License-Identifier: MIT
// expect: a task is awaited once, and only as an rvalue
#include <halka/halka.hpp>

#include <utility>

halka::task<int> answer();

halka::task<int> caller() {
  halka::task<int> kept = answer();
#ifdef HALKA_CONTROL
  co_return co_await std::move(kept);
#else
  co_return co_await kept;
#endif
}
