// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <list>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<std::unique_ptr<int>> make_unique_after(clock::duration d, int n) {
  co_await sleep(d);
  co_return std::make_unique<int>(n);
}

task<int&> reference_to(int& n) {
  co_await yield_now();
  co_return n;
}

task<> log_start(trace& log, std::string name) {
  log.push_back(std::move(name));
  co_await yield_now();
}

}  // namespace

TEST_CASE("gather starts its coroutines in the order of its arguments", "[runtime][gather]") {
  trace log;
  run_virtual([&]() -> task<> {
    co_await gather(log_start(log, "a"), log_start(log, "b"), log_start(log, "c"));
    std::vector<task<>> range;
    range.push_back(log_start(log, "d"));
    range.push_back(log_start(log, "e"));
    co_await gather(std::move(range));
    co_await gather(return_exceptions, log_start(log, "f"), log_start(log, "g"));
  });
  CHECK(log == trace{"a", "b", "c", "d", "e", "f", "g"});
}

TEST_CASE("gather yields monostate for void, moves what can only be moved, and keeps references", "[runtime][gather]") {
  run_virtual([]() -> task<> {
    int n = 1;
    auto r = co_await gather(nap(1ms), make_unique_after(2ms, 5), reference_to(n));
    static_assert(std::is_same_v<decltype(r), std::tuple<std::monostate, std::unique_ptr<int>, int&>>);
    CHECK(*std::get<1>(r) == 5);
    CHECK(&std::get<2>(r) == &n);

    std::vector<task<std::unique_ptr<int>>> range;
    range.push_back(make_unique_after(2ms, 1));
    range.push_back(make_unique_after(1ms, 2));
    auto pointers = co_await gather(std::move(range));
    CHECK(*pointers.at(0) == 1);
    CHECK(*pointers.at(1) == 2);

    std::vector<task<>> naps;
    naps.push_back(nap(1ms));
    auto nothing = co_await gather(std::move(naps));
    static_assert(std::is_same_v<decltype(nothing), std::vector<std::monostate>>);
    CHECK(nothing.size() == 1);
  });
}

TEST_CASE("gather takes any range and leaves a range of handles as it is", "[runtime][gather]") {
  run_virtual([]() -> task<> {
    std::list<task<int>> list;
    list.push_back(value_after<int>(1ms, 1));
    auto one = co_await gather(std::move(list));
    CHECK(one == std::vector<int>{1});

    std::array<task_handle<int>, 2> handles{spawn(value_after<int>, 2ms, 1), spawn(value_after<int>, 1ms, 2)};
    auto two = co_await gather(handles);
    CHECK(two == std::vector<int>{1, 2});
    CHECK(handles[0].result() == 1);
  });
}

TEST_CASE("gather takes futures, handles and sleeps beside coroutines", "[runtime][gather]") {
  run_virtual([]() -> task<> {
    future<std::string> f;
    auto setter = get_running_loop().call_later(3ms, [f] { f.set_result("set"); });
    auto t = spawn(value_after<int>, 1ms, 1);
    auto r = co_await gather(f, t, sleep(2ms), yield_now(), value_after<int>(1ms, 2));
    CHECK(std::get<0>(r) == "set");
    CHECK(std::get<1>(r) == 1);
    CHECK(std::get<4>(r) == 2);
  });
}

TEST_CASE("gather of outcomes tells values and failures apart", "[runtime][gather]") {
  run_virtual([]() -> task<> {
    auto r = co_await gather(return_exceptions, make_unique_after(1ms, 5), fail_after<boom>(2ms), nap(3ms));
    CHECK(*std::get<0>(r).value() == 5);
    CHECK_FALSE(std::get<1>(r).has_value());
    CHECK_THROWS_AS(std::get<1>(r).value(), boom);
    CHECK(std::get<2>(r).has_value());

    std::vector<task<>> range;
    range.push_back(fail_after<boom>(2ms));
    range.push_back(nap(1ms));
    auto outcomes = co_await gather(return_exceptions, std::move(range));
    CHECK(kind(outcomes.at(0).exception()) == "boom");
    CHECK(outcomes.at(1).has_value());
  });
}

TEST_CASE("of several failures in one pass gather throws the one that came first", "[runtime][gather]") {
  run_virtual([]() -> task<> {
    std::string what;
    try {
      co_await gather(nap(2ms), fail_after<boom2>(1ms), fail_after<boom>(1ms));
    } catch (std::exception const& e) {
      what = e.what();
    }
    CHECK(what == "boom2");
  });
}

TEST_CASE("cancelling a gather resumes it only when every child has cleaned up", "[runtime][gather][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto child = [&](std::string name, clock::duration clean_up) -> task<> {
      bool cancelled = false;
      try {
        co_await sleep(10s);
      } catch (cancelled_error const& e) {
        cancelled = true;
        log.push_back(name + " " + std::string(e.reason()));
      }
      co_await sleep(clean_up);
      log.push_back(name + " clean");
      if (cancelled) throw cancelled_error("mine");
    };
    auto t = spawn([&]() -> task<> {
      try {
        co_await gather(child("a", 20ms), child("b", 10ms));
      } catch (cancelled_error const& e) {
        log.push_back("gather " + std::string(e.reason()));
        throw;
      }
    });
    co_await sleep(1ms);
    t.cancel("outside");
    co_await settle();
    CHECK_FALSE(t.done());
    co_await sleep(1s);
    CHECK(t.cancelled());
  });
  CHECK(log == trace{"a outside", "b outside", "b clean", "a clean", "gather outside"});
}

TEST_CASE("a second cancellation interrupts the clean-up, and gather still waits for every child", "[runtime][gather][cancel]") {
  run_virtual([]() -> task<> {
    auto child = []() -> task<> {
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
      }
      co_await sleep(5s);
    };
    auto begin = clock::now();
    auto t = create_task(gather(child(), child()));
    co_await sleep(1ms);
    t.cancel();
    co_await sleep(1ms);
    t.cancel();
    co_await settle();
    CHECK(t.cancelled());
    CHECK(clock::now() - begin == 2ms);
    CHECK(all_tasks().size() == 1);
  });
}

TEST_CASE("a cancellation that comes while a failed gather ends its children is delivered at the next suspension",
          "[runtime][gather][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto slow = []() -> task<> {
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
      }
      co_await sleep(10ms);
    };
    auto t = spawn([&]() -> task<> {
      try {
        co_await gather(fail_after<boom>(1ms), slow());
      } catch (boom const&) {
        log.push_back("boom");
      }
      try {
        co_await sleep(1s);
      } catch (cancelled_error const& e) {
        log.push_back(std::string(e.reason()));
      }
    });
    co_await sleep(5ms);
    t.cancel("late");
    co_await t;
  });
  CHECK(log == trace{"boom", "late"});
}

TEST_CASE("one failure among a hundred thousand children ends them all", "[runtime][gather]") {
  int const before = counted::alive;
  run_virtual([]() -> task<> {
    auto const begin = clock::now();
    auto child = [](int i) -> task<> {
      counted const held;
      co_await sleep(1ms);
      if (i == 77'777) throw boom();
      co_await sleep(10s);
    };
    std::vector<task<>> children;
    for (int i = 0; i < 100'000; ++i) children.push_back(child(i));
    std::string failed;
    try {
      co_await gather(std::move(children));
    } catch (boom const& e) {
      failed = e.what();
    }
    CHECK(failed == "boom");
    CHECK(clock::now() - begin == 1ms);
    CHECK(all_tasks().size() == 1);
    CHECK(get_running_loop().statistics().timers == 0);
  });
  CHECK(counted::alive == before);
}
