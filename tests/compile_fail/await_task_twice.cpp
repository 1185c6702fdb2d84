// SPDX-License-Identifier: MIT
// expect: a task is awaited once, and only as an rvalue
#include <halka/halka.hpp>

#include <utility>

halka::task<int> answer();

halka::task<int> caller() {
  halka::task<int> kept = answer();
  int sum = co_await std::move(kept);
#ifdef HALKA_CONTROL
  kept = answer();
  sum += co_await std::move(kept);
#else
  sum += co_await kept;
#endif
  co_return sum;
}
