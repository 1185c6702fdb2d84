// SPDX-License-Identifier: MIT
// expect: name the lambda first
// only: !defined(__clang__) && __GNUC__ < 13
#include <halka/halka.hpp>

#include <string>

halka::task<> caller(std::string text) {
#ifdef HALKA_CONTROL
  auto const body = [text](halka::task_group&) {};
  co_await halka::with_task_group(body);
  co_await halka::with_task_group([&](halka::task_group&) { text.clear(); });  // nothing to destroy
#else
  co_await halka::with_task_group([text](halka::task_group&) {});
#endif
}
