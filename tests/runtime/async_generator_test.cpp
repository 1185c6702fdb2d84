// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

async_generator<int> count_to(int n) {
  for (int i = 1; i <= n; ++i) co_yield i;
}

async_generator<int> count_slowly(trace& log, int n) {
  counted const held;
  try {
    for (int i = 1; i <= n; ++i) {
      co_await sleep(1ms);
      co_yield i;
    }
  } catch (cancelled_error const&) {
    log.push_back("cancelled");
    throw;
  }
  log.push_back("end");
}

async_generator<int&> elements(std::vector<int>& v) {
  for (int& x : v) {
    co_await yield_now();
    co_yield x;
  }
}

async_generator<int> fails_after(int n) {
  for (int i = 1; i <= n; ++i) co_yield i;
  throw boom();
}

}  // namespace

TEST_CASE("a generator yields its values in order and then ends, for good", "[runtime][generator]") {
  run_virtual([]() -> task<> {
    auto numbers = count_to(3);
    std::vector<int> seen;
    while (auto n = co_await numbers.next()) seen.push_back(*n);
    CHECK(seen == std::vector<int>{1, 2, 3});
    auto again = co_await numbers.next();
    CHECK_FALSE(again.has_value());
    auto none = count_to(0);
    auto first = co_await none.next();
    CHECK_FALSE(first.has_value());
  });
}

TEST_CASE("a generator is lazy and suspends only where it awaits", "[runtime][generator]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto numbers = count_slowly(log, 2);
    co_await sleep(1s);
    auto const begin = clock::now();
    auto one = co_await numbers.next();
    CHECK(one == 1);
    CHECK(clock::now() - begin == 1ms);
    auto quick = count_to(2);
    auto const before = get_running_loop().statistics().passes;
    while (auto n = co_await quick.next()) CHECK(*n <= 2);
    CHECK(get_running_loop().statistics().passes == before);
    while (auto n = co_await numbers.next()) CHECK(*n == 2);
  });
  CHECK(log == trace{"end"});
}

TEST_CASE("a generator yields references without a copy, and moves what can only be moved", "[runtime][generator]") {
  run_virtual([]() -> task<> {
    std::vector<int> v{1, 2, 3};
    auto refs = elements(v);
    static_assert(std::is_same_v<decltype(refs)::value_type, int&>);
    while (int* x = co_await refs.next()) *x *= 10;
    CHECK(v == std::vector<int>{10, 20, 30});

    auto make = []() -> async_generator<std::unique_ptr<int>> {
      co_yield std::make_unique<int>(1);
      auto named = std::make_unique<int>(2);
      co_yield std::move(named);
    };
    auto pointers = make();
    int sum = 0;
    while (auto p = co_await pointers.next()) sum += **p;
    CHECK(sum == 3);
  });
}

TEST_CASE("what leaves a generator is thrown once; then it has ended", "[runtime][generator]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto g = fails_after(1);
    auto one = co_await g.next();
    CHECK(one == 1);
    try {
      co_await g.next();
      log.push_back("no");
    } catch (boom const&) {
      log.push_back("boom");
    }
    auto end = co_await g.next();
    CHECK_FALSE(end.has_value());
  });
  CHECK(log == trace{"boom"});
}

TEST_CASE("dropping a generator early destroys its local variables where it stands", "[runtime][generator]") {
  trace log;
  int const before = counted::alive;
  run_virtual([&]() -> task<> {
    {
      auto numbers = count_slowly(log, 5);
      auto one = co_await numbers.next();
      CHECK(one == 1);
      CHECK(counted::alive == before + 1);
    }
    CHECK(counted::alive == before);
    auto never_begun = count_slowly(log, 5);
  });
  CHECK(log == trace{});
  CHECK(counted::alive == before);
}

TEST_CASE("a second task in next() is refused, and the first is not disturbed", "[runtime][generator]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto numbers = count_slowly(log, 1);
    auto first = spawn([&]() -> task<> {
      auto n = co_await numbers.next();
      log.push_back("first " + std::to_string(*n));
    });
    co_await yield_now();
    try {
      co_await numbers.next();
      log.push_back("no");
    } catch (std::logic_error const& e) {
      log.push_back(e.what());
    }
    co_await first;
    auto end = co_await numbers.next();
    CHECK_FALSE(end.has_value());
  });
  CHECK(log == trace{"async_generator::next: another task is in next() already", "first 1", "end"});
}

TEST_CASE("next() of a generator that was moved from is refused", "[runtime][generator]") {
  run_virtual([]() -> task<> {
    auto a = count_to(1);
    auto b = std::move(a);
    bool refused = false;
    try {
      co_await a.next();
    } catch (std::logic_error const&) {
      refused = true;
    }
    CHECK(refused);
    auto one = co_await b.next();
    CHECK(one == 1);
    b = count_to(2);
    auto fresh = co_await b.next();
    CHECK(fresh == 1);
  });
}

TEST_CASE("a cancellation reaches the await inside a generator and ends it", "[runtime][generator][cancel]") {
  trace log;
  int const before = counted::alive;
  run_virtual([&]() -> task<> {
    auto numbers = count_slowly(log, 5);
    auto t = spawn([&]() -> task<> {
      co_await numbers.next();
      log.push_back("no");
    });
    co_await yield_now();
    co_await yield_now();
    t.cancel();
    co_await settle();
    CHECK(t.cancelled());
    auto end = co_await numbers.next();
    CHECK_FALSE(end.has_value());
  });
  CHECK(log == trace{"cancelled"});
  CHECK(counted::alive == before);
}

TEST_CASE("a generator can be consumed by one task after another", "[runtime][generator]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto numbers = count_slowly(log, 4);
    for (int i = 1; i <= 2; ++i) {
      auto t = spawn([&]() -> task<int> {
        auto n = co_await numbers.next();
        co_return *n;
      });
      int const n = co_await t;
      CHECK(n == 2 * i - 1);
      auto own = co_await numbers.next();
      CHECK(own == 2 * i);
    }
  });
}

TEST_CASE("generators can be chained", "[runtime][generator]") {
  run_virtual([]() -> task<> {
    auto doubled = [](async_generator<int> source) -> async_generator<int> {
      while (auto n = co_await source.next()) {
        int twice = *n * 2;
        co_yield twice;
      }
    };
    auto g = doubled(doubled(count_to(3)));
    std::vector<int> seen;
    while (auto n = co_await g.next()) seen.push_back(*n);
    CHECK(seen == std::vector<int>{4, 8, 12});
  });
}

TEST_CASE("a long run of values that are there already uses no stack", "[runtime][generator]") {
  run_virtual([]() -> task<> {
    auto numbers = count_to(200'000);
    long sum = 0;
    while (auto n = co_await numbers.next()) sum += *n;
    CHECK(sum == 200'000L * 200'001L / 2);
  });
}
