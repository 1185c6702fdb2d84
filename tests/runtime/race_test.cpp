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

TEST_CASE("the losers of a race are cancelled in the step in which the first ends", "[runtime][race]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto at_once = [&]() -> task<int> {
      log.push_back("winner");
      co_return 1;
    };
    auto note = [&](std::string name) -> task<int> {
      log.push_back(name);
      co_return 2;
    };
    auto r = co_await race(at_once(), note("late"), note("later"));
    CHECK(r.index() == 0);

    event e;
    auto wait_and_note = [&](std::string name) -> task<> {
      co_await e.wait();
      log.push_back(name);
    };
    auto t = spawn([&]() -> task<> { co_await race(wait_and_note("a"), wait_and_note("b"), wait_and_note("c")); });
    co_await settle();
    e.set();  // all three are ready
    co_await t;
  });
  CHECK(log == trace{"winner", "a"});
}

TEST_CASE("a task that had ended before the race wins it, and what was given beside it never begins", "[runtime][race]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto const done = spawn(value_after<int>, 1ms, 5);
    co_await done;
    auto note = [&]() -> task<int> {
      log.push_back("began");
      co_return 2;
    };
    auto r = co_await race(note(), done, note());
    CHECK(r.index() == 1);
    CHECK(std::get<1>(r) == 5);
    CHECK(log == trace{});

    std::vector<task_handle<int>> handles{done, done};
    auto again = co_await race(handles);
    CHECK(again.index == 0);
  });
}

TEST_CASE("a cancellation that comes after the winner has ended leaves its result", "[runtime][race][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto loser = []() -> task<int> {
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
      }
      co_await sleep(10ms);
      co_return 0;
    };
    auto t = spawn([&]() -> task<> {
      auto const r = co_await race(value_after<int>(1ms, 7), loser());
      log.push_back("won " + std::to_string(std::get<0>(r)));
      co_await sleep(1s);
      log.push_back("never");
    });
    co_await sleep(5ms);
    t.cancel();
    co_await settle();
    CHECK(t.cancelled());
  });
  CHECK(log == trace{"won 7"});
}

TEST_CASE("a race of tasks that had ended is not deaf to a cancellation", "[runtime][race][cancel]") {
  run_virtual([]() -> task<> {
    auto const done = spawn(value_after<int>, 1ms, 5);
    co_await done;
    auto t = spawn([&]() -> task<> {
      while (true) {
        auto const r = co_await race(done, done);
        CHECK(std::get<0>(r) == 5);
      }
    });
    co_await settle();
    t.cancel();
    co_await settle();
    CHECK(t.cancelled());
  });
}

TEST_CASE("a cancellation that comes while the losers end is not lost", "[runtime][race][cancel]") {
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
