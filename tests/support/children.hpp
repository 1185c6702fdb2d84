// SPDX-License-Identifier: MIT
#pragma once

#include "descriptors.hpp"
#include "fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace halka::test {

/// True if this process has no child, not even a zombie.
bool no_children();

/// True if no process with this number runs; a zombie does not run.
bool has_ended(int pid);

/// Makes sure that processes have been started before: this program keeps the socket to its zygote, which is no leak.
void start_zygote();

/// Waits for that.
task<> until_ended(int pid);

/// Runs a coroutine function on the real loop; afterwards no child and no descriptor may be left.
template <class F, class... Args>
void run_clean(F&& fn, Args&&... args) {
  std::size_t const before = open_descriptors();
  run_real(std::forward<F>(fn), std::forward<Args>(args)...);
  CHECK(no_children());
  CHECK(open_descriptors() == before);
}

/// What awaiting `t` throws, as text; empty if it throws nothing.
template <class T>
task<std::string> error_of(task<T> t) {
  std::string text;
  try {
    co_await std::move(t);
  } catch (std::exception const& e) {
    text = e.what();
  }
  co_return text;
}

}  // namespace halka::test
