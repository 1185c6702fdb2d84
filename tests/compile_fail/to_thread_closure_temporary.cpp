// SPDX-License-Identifier: MIT
// expect: name the lambda first
// only: !defined(__clang__) && __GNUC__ < 13
#include <halka/halka.hpp>

#include <string>

halka::task<std::size_t> caller(std::string text) {
#ifdef HALKA_CONTROL
  auto const call = [text] { return text.size(); };
  co_return co_await halka::to_thread(call);
#else
  co_return co_await halka::to_thread([text] { return text.size(); });
#endif
}
