// SPDX-License-Identifier: MIT
#pragma once

#include "virtual_clock.hpp"

#include <halka/halka.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace halka::test {

/// What a test noted, in order; compared whole.
using trace = std::vector<std::string>;

/// Runs a coroutine function on a loop with a virtual clock: sleeping costs no time.
template <class F, class... Args>
auto run_virtual(F&& fn, Args&&... args) {
  runner r(std::make_unique<virtual_clock>());
  return r.run(std::forward<F>(fn), std::forward<Args>(args)...);
}

/// Runs a coroutine function on the real loop.
template <class F, class... Args>
auto run_real(F&& fn, Args&&... args) {
  return halka::run(std::forward<F>(fn), std::forward<Args>(args)...);
}

using testing::captured_reports;

/// An object whose living instances are counted.
class counted {
 public:
  explicit counted(int v = 0) noexcept : value(v) { ++alive; }
  counted(counted const& other) noexcept : value(other.value) { ++alive; }
  counted(counted&& other) noexcept : value(std::exchange(other.value, -1)) { ++alive; }
  counted& operator=(counted const&) noexcept = default;
  counted& operator=(counted&& other) noexcept {
    value = std::exchange(other.value, -1);
    return *this;
  }
  ~counted() { --alive; }

  int value;
  inline static int alive = 0;
};

/// The type name of what `fn` throws, as in the traces of the cases: "timeout_error", "cancelled_error", "boom", ...; "none" if it
/// does not throw.
std::string kind(std::exception_ptr const& e);
template <std::invocable F>
std::string kind_thrown(F&& fn) {
  try {
    std::forward<F>(fn)();
  } catch (...) {
    return kind(std::current_exception());
  }
  return "none";
}

/// Distinguishable failures.
struct boom : std::runtime_error {
  explicit boom(std::string const& what = "boom") : runtime_error(what) {}
};
struct boom2 : std::runtime_error {
  explicit boom2(std::string const& what = "boom2") : runtime_error(what) {}
};

/// Lets every task that is ready run a few times.
inline task<> settle() {
  for (int i = 0; i < 10; ++i) co_await yield_now();
}

}  // namespace halka::test
