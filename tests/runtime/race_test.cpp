// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("race yields the first to finish, after the losers were cancelled and have ended", "[runtime][race]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto const begin = clock::now();
    auto loser = [&]() -> task<std::string> {
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
        log.push_back("cancelled");
      }
      co_await sleep(5ms);
      log.push_back("clean");
      co_return "late";
    };
    auto r = co_await race(loser(), value_after<int>(10ms, 7), wait_for_ever());
    static_assert(std::is_same_v<decltype(r), std::variant<std::string, int, std::monostate>>);
    CHECK(r.index() == 1);
    CHECK(std::get<1>(r) == 7);
    CHECK(clock::now() - begin == 15ms);
    CHECK(all_tasks().size() == 1);
    CHECK(get_running_loop().statistics().timers == 0);
  });
  CHECK(log == trace{"cancelled", "clean"});
}

TEST_CASE("race starts in the order of its arguments, and of those that finish together the first wins", "[runtime][race]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto racer = [&](std::string name) -> task<> {
      log.push_back(name);
      co_await sleep(1ms);
    };
    auto r = co_await race(racer("a"), racer("b"), racer("c"));
    CHECK(r.index() == 0);
  });
  CHECK(log == trace{"a", "b", "c"});
}

TEST_CASE("race over a range yields index and value", "[runtime][race]") {
  run_virtual([]() -> task<> {
    auto make = [](clock::duration d, int n) -> task<std::unique_ptr<int>> {
      co_await sleep(d);
      co_return std::make_unique<int>(n);
    };
    std::vector<task<std::unique_ptr<int>>> tasks;
    tasks.push_back(make(2ms, 1));
    tasks.push_back(make(1ms, 2));
    auto r = co_await race(std::move(tasks));
    CHECK(r.index == 1);
    CHECK(*r.value == 2);
    bool refused = false;
    std::vector<task<int>> none;
    try {
      co_await race(std::move(none));
    } catch (std::invalid_argument const&) {
      refused = true;
    }
    CHECK(refused);
  });
}

TEST_CASE("a race that is won by a failure throws it, and failures of the losers are dropped", "[runtime][race]") {
  captured_reports reports;
  run_virtual([]() -> task<> {
    auto loser = []() -> task<> {
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
      }
      throw boom2();
    };
    std::string what;
    try {
      co_await race(loser(), fail_after<boom>(1ms));
    } catch (std::exception const& e) {
      what = e.what();
    }
    CHECK(what == "boom");
    co_await settle();
  });
  CHECK(reports.texts() == trace{});
}

TEST_CASE("cancelling a race cancels all and waits for them", "[runtime][race][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto t = spawn([&]() -> task<> { co_await race(note_cancel(log, "a"), note_cancel(log, "b")); });
    co_await sleep(1ms);
    t.cancel("why");
    std::string reason;
    try {
      co_await t;
    } catch (cancelled_error const& e) {
      reason = e.reason();
    }
    CHECK(reason == "why");
    CHECK(all_tasks().size() == 1);
  });
  CHECK(log == trace{"a", "b"});
}

TEST_CASE("a cancellation that comes while the losers end wins over the result", "[runtime][race][cancel]") {
  run_virtual([]() -> task<> {
    auto loser = []() -> task<> {
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
      }
      co_await sleep(10ms);
    };
    auto t = spawn([&]() -> task<> { co_await race(nap(1ms), loser()); });
    co_await sleep(5ms);
    t.cancel();
    co_await settle();
    CHECK(t.cancelled());
  });
}
