// SPDX-License-Identifier: MIT
#include "../../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <malloc.h>

#include <cstddef>
#include <functional>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

/// How many bytes of the heap it takes that many tasks begin to wait. Their frames exist before: they wait for something else then.
/// Sanitizers have a heap of their own, of which this sees nothing.
template <class Operation>
std::size_t cost_of_waiting(Operation operation) {
  return run_virtual([&]() -> task<std::size_t> {
    constexpr int many = 500;
    event begin;
    int waiting = 0;
    std::vector<task_handle<>> tasks;
    for (int i = 0; i < many; ++i)
      tasks.push_back(spawn([&]() -> task<> {
        co_await begin.wait();
        ++waiting;
        co_await operation();
      }));
    co_await settle();
    std::size_t const before = mallinfo2().uordblks;
    begin.set();
    co_await yield_now();
    co_await yield_now();
    std::size_t const cost = mallinfo2().uordblks - before;
    CHECK(waiting == many);
    for (auto const& t : tasks) {
      CHECK_FALSE(t.done());
      t.cancel();
    }
    co_await settle();
    co_return cost;
  });
}

}  // namespace

TEST_CASE("to wait for a primitive between tasks allocates nothing", "[runtime][sync]") {
  semaphore none(0);
  CHECK(cost_of_waiting([&] { return none.acquire(); }) == 0);
  event never_set;
  CHECK(cost_of_waiting([&] { return never_set.wait(); }) == 0);
  queue<int> empty;
  CHECK(cost_of_waiting([&] { return empty.get(); }) == 0);
  queue<int> full(1);
  full.put_nowait(1);
  CHECK(cost_of_waiting([&] { return full.put(2); }) == 0);
  CHECK(cost_of_waiting([&] { return full.join(); }) == 0);
  barrier large(1000);
  CHECK(cost_of_waiting([&] { return large.wait(); }) == 0);

  auto const taken_for_ever = [](lock& l) -> task<> { co_await l.acquire(); };
  lock held;
  run_virtual(taken_for_ever, std::ref(held));
  CHECK(cost_of_waiting([&] { return held.acquire(); }) == 0);
}
