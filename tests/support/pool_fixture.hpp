// SPDX-License-Identifier: MIT
#pragma once

#include "children.hpp"

#include <unistd.h>

#include <cstddef>
#include <functional>
#include <set>
#include <utility>

namespace halka::test {

/// Waits until none of these processes is there.
inline task<> until_all_ended(std::set<int> pids) {
  for (int const pid : pids) co_await until_ended(pid);
}

/// Runs a coroutine function that uses pools. Afterwards this process has no child and no more descriptors than before; the zygote,
/// which stays, was started before that is counted.
template <class F, class... Args>
void run_with_pools(F&& fn, Args&&... args) {
  static bool const warm = [] {
    halka::run([]() -> task<> {
      process_pool pool({.workers = 1});
      co_await pool.submit([] {});
      co_await pool.shutdown();
    });
    return true;
  }();
  static_cast<void>(warm);
  run_clean(std::forward<F>(fn), std::forward<Args>(args)...);
}

/// What awaiting throws: "worker_died: worker process ...". "none" if nothing.
template <awaitable A>
task<std::string> thrown_by(A a) {
  std::string text = "none";
  try {
    co_await std::move(a);
  } catch (std::exception const&) {
    text = describe(std::current_exception());
  }
  co_return text;
}

}  // namespace halka::test
