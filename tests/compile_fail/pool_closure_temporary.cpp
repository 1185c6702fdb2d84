// SPDX-License-Identifier: MIT
// expect: name the lambda first
// only: !defined(__clang__) && __GNUC__ < 13
#include <halka/halka.hpp>

#include <string>

halka::task<std::size_t> caller(halka::thread_pool& pool, std::string text) {
#ifdef HALKA_CONTROL
  auto const call = [text] { return text.size(); };
  co_return co_await pool.submit(call);
#else
  co_return co_await pool.submit([text] { return text.size(); });
#endif
}
