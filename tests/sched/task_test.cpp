// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <numeric>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

struct without_default {
  explicit without_default(int v) : value(v) {}
  int value;
};

struct big {
  explicit big(int first) { std::iota(numbers.begin(), numbers.end(), first); }
  std::array<int, 1000> numbers;
};

struct throws_when_moved {
  throws_when_moved() = default;
  throws_when_moved(throws_when_moved&&) { throw boom("moved"); }
};

/// Yields what `make()` returns, after a suspension.
template <class T, class F>
task<T> later(F make) {
  co_await yield_now();
  co_return make();
}

task<> fail_at_depth(int depth) {
  if (depth == 0) throw boom("from below");
  co_await fail_at_depth(depth - 1);
}

task<int> answer() { co_return 42; }

}  // namespace

TEST_CASE("a task yields a result of any kind to who awaits it", "[sched][task]") {
  run_virtual([]() -> task<> {
    int const number = co_await later<int>([] { return 42; });
    CHECK(number == 42);

    auto const text = co_await later<std::string>([] { return std::string(100, 'x'); });
    CHECK(text == std::string(100, 'x'));

    auto const owned = co_await later<std::unique_ptr<int>>([] { return std::make_unique<int>(7); });
    CHECK(*owned == 7);

    static int global = 1;
    int& reference = co_await later<int&>([]() -> int& { return global; });
    CHECK(&reference == &global);

    big const large = co_await later<big>([] { return big(10); });
    CHECK(large.numbers.front() == 10);
    CHECK(large.numbers.back() == 1009);

    without_default const plain = co_await later<without_default>([] { return without_default(3); });
    CHECK(plain.value == 3);

    int const constant = co_await later<int const>([] { return 5; });
    CHECK(constant == 5);
  });
}

TEST_CASE("a task<> yields nothing and ends when its body does", "[sched][task]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto child = [&]() -> task<> {
      log.push_back("child");
      co_await yield_now();
      log.push_back("child again");
    };
    co_await child();
    log.push_back("parent");
  });
  CHECK(log == trace{"child", "child again", "parent"});
}

TEST_CASE("a result is destroyed exactly once, wherever it went", "[sched][task]") {
  counted::alive = 0;
  run_virtual([]() -> task<> {
    {
      counted const taken = co_await later<counted>([] { return counted(1); });
      CHECK(taken.value == 1);
      CHECK(counted::alive == 1);
    }
    CHECK(counted::alive == 0);
    co_await later<counted>([] { return counted(2); });
    CHECK(counted::alive == 0);
    auto t = create_task(later<counted>([] { return counted(3); }));
    co_await t;
    CHECK(counted::alive == 1);
    t = {};
    CHECK(counted::alive == 0);
  });
}

TEST_CASE("the result of a task that nobody can ask is dropped at its end", "[sched][task]") {
  counted::alive = 0;
  run_virtual([]() -> task<> {
    create_task(later<counted>([] { return counted(1); }));
    co_await settle();
    CHECK(counted::alive == 0);
  });
}

TEST_CASE("an exception passes through every coroutine up to who catches it", "[sched][task]") {
  run_virtual([]() -> task<> {
    std::string text;
    try {
      co_await fail_at_depth(10);
    } catch (boom const& e) {
      text = e.what();
    }
    CHECK(text == "from below");
  });
}

TEST_CASE("an exception need not be a std::exception", "[sched][task]") {
  run_virtual([]() -> task<> {
    auto throw_number = [](int n) -> task<int> {
      if (n > 0) throw n;
      co_return n;
    };
    int caught = 0;
    try {
      co_await throw_number(17);
    } catch (int n) {
      caught = n;
    }
    CHECK(caught == 17);

    auto t = spawn(throw_number, 18);
    try {
      co_await t;
    } catch (int n) {
      caught = n;
    }
    CHECK(caught == 18);
  });
}

TEST_CASE("an exception thrown while the result is made or moved is the task's exception", "[sched][task]") {
  run_virtual([]() -> task<> {
    auto make = []() -> task<throws_when_moved> { co_return throws_when_moved(); };
    std::string direct = "none";
    try {
      co_await make();
    } catch (boom const& e) {
      direct = e.what();
    }
    CHECK(direct == "moved");

    auto t = spawn(make);
    std::string through_handle = "none";
    try {
      co_await t;
    } catch (boom const& e) {
      through_handle = e.what();
    }
    CHECK(through_handle == "moved");
  });
}

TEST_CASE("a task does nothing until it is awaited", "[sched][task]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto body = [&]() -> task<> {
      log.push_back("body");
      co_return;
    };
    task<> lazy = body();
    log.push_back("made");
    co_await yield_now();
    log.push_back("awaiting");
    co_await std::move(lazy);
  });
  CHECK(log == trace{"made", "awaiting", "body"});
}

TEST_CASE("awaiting a task runs it at once, without a pass through the loop", "[sched][task]") {
  trace log;
  run_virtual([&]() -> task<> {
    spawn([&log]() -> task<> {
      log.push_back("other");
      co_return;
    });
    int const value = co_await answer();
    log.push_back(std::to_string(value));
    co_await yield_now();
  });
  CHECK(log == trace{"42", "other"});
}

TEST_CASE("awaiting a task that was moved from or awaited before throws std::logic_error", "[sched][task]") {
  run_virtual([]() -> task<> {
    task<int> first = answer();
    task<int> second = std::move(first);
    CHECK_FALSE(first);
    CHECK(second);
    std::string moved_from = "none";
    try {
      co_await std::move(first);
    } catch (std::logic_error const&) {
      moved_from = kind(std::current_exception());
    }
    CHECK(moved_from == "logic_error");

    int const value = co_await std::move(second);
    CHECK(value == 42);
    std::string awaited_twice = "none";
    try {
      co_await std::move(second);
    } catch (std::logic_error const&) {
      awaited_twice = kind(std::current_exception());
    }
    CHECK(awaited_twice == "logic_error");
    CHECK(kind_thrown([&] { create_task(std::move(second)); }) == "logic_error");
  });
}

TEST_CASE("the frames of a task are destroyed when it ends, even while a handle to it lives", "[sched][task]") {
  counted::alive = 0;
  run_virtual([]() -> task<> {
    auto inner = [](counted c) -> task<int> {
      co_await yield_now();
      co_return c.value;
    };
    auto outer = [&inner](counted c) -> task<int> {
      task<int> child = inner(counted(c.value + 1));
      int const below = co_await std::move(child);
      co_return below + c.value;
    };
    auto const t = create_task(outer(counted(10)));
    co_await yield_now();
    CHECK(counted::alive == 2);
    int const sum = co_await t;
    CHECK(sum == 21);
    CHECK(counted::alive == 0);
  });
}

TEST_CASE("an awaited child's frame is destroyed before the next statement", "[sched][task]") {
  run_virtual([]() -> task<> {
    auto child = [](counted c) -> task<int> { co_return c.value; };
    int const value = co_await child(counted(5));
    CHECK(value == 5);
    CHECK(counted::alive == 0);
  });
}
