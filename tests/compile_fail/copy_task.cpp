// SPDX-License-Identifier: MIT
// expect: deleted|use of deleted function
#include <halka/halka.hpp>

#include <utility>

halka::task<> work();

halka::task<> caller() {
  auto first = work();
#ifdef HALKA_CONTROL
  auto second = std::move(first);
#else
  auto second = first;
#endif
  co_await std::move(second);
}
