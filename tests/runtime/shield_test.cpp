// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("shield yields the inner value, also what can only be moved", "[runtime][shield]") {
  run_virtual([]() -> task<> {
    auto make = []() -> task<std::unique_ptr<int>> {
      co_await sleep(1ms);
      co_return std::make_unique<int>(1);
    };
    auto pointer = co_await shield(make());
    CHECK(*pointer == 1);
    auto t = spawn(value_after<std::string>, 1ms, "kept");
    std::string copy = co_await shield(t);
    CHECK(copy == "kept");
    CHECK(t.result() == "kept");
    future<int> f;
    auto setter = get_running_loop().call_later(1ms, [f] { f.set_result(5); });
    int const n = co_await shield(f);
    CHECK(n == 5);
  });
}

TEST_CASE("a coroutine that is shielded runs on after its waiting task was cancelled", "[runtime][shield][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto inner = [&]() -> task<> {
      co_await sleep(5ms);
      log.push_back("inner");
    };
    auto t = spawn([&]() -> task<> { co_await shield(inner()); });
    co_await sleep(1ms);
    t.cancel("enough");
    co_await settle();
    CHECK(t.cancelled());
    log.push_back("cancelled");
    co_await sleep(10ms);
  });
  CHECK(log == trace{"cancelled", "inner"});
}

TEST_CASE("a shielded future is not cancelled with the task that awaits it", "[runtime][shield][cancel]") {
  run_virtual([]() -> task<> {
    future<> f;
    auto t = spawn([&]() -> task<> {
      auto inner = spawn([&]() -> task<> { co_await f; });
      co_await shield(inner);
    });
    co_await settle();
    t.cancel();
    co_await settle();
    CHECK(t.cancelled());
    CHECK_FALSE(f.done());
    f.set_result();
  });
}

TEST_CASE("a shielded failure that nobody waits for any more is reported once", "[runtime][shield][cancel]") {
  captured_reports reports;
  run_virtual([]() -> task<> {
    auto t = spawn([]() -> task<> { co_await shield(fail_after<boom>(5ms)); });
    co_await sleep(1ms);
    t.cancel();
    co_await sleep(10ms);
    CHECK(t.cancelled());
  });
  CHECK(reports.texts().size() == 1);
  CHECK(reports.count("was never retrieved") == 1);
  CHECK(reports.count("boom") == 1);
}

TEST_CASE("one task can be shielded for several others", "[runtime][shield]") {
  run_virtual([]() -> task<> {
    auto inner = spawn(value_after<int>, 5ms, 1);
    auto user = [&]() -> task<int> { co_return co_await shield(inner); };
    auto a = spawn(user);
    auto b = spawn(user);
    co_await sleep(1ms);
    a.cancel();
    int const n = co_await b;
    CHECK(n == 1);
    CHECK(a.cancelled());
  });
}
