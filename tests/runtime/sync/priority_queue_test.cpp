// SPDX-License-Identifier: MIT
#include "../../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

struct job {
  int priority;
  std::string name;
};
struct by_priority {
  bool operator()(job const& a, job const& b) const { return a.priority < b.priority; }
};

/// Compares until it was asked too often.
struct fails_after {
  int* left;
  bool operator()(int a, int b) const {
    if (--*left < 0) throw boom();
    return a < b;
  }
};

/// Throws when it is moved while `fragile` says so.
struct brittle {
  explicit brittle(int n) : value(n) {}
  brittle(brittle&& other) : value(other.value) {
    if (fragile) throw boom();
  }
  bool operator<(brittle const& other) const { return value < other.value; }
  int value;
  inline static bool fragile = false;
};

std::vector<int> drained(auto& q) {
  std::vector<int> items;
  while (!q.empty()) items.push_back(q.get_nowait());
  return items;
}

}  // namespace

TEST_CASE("equal items leave a priority_queue in the order in which they came", "[runtime][queue]") {
  priority_queue<job, by_priority> q;
  for (int i = 0; i < 100; ++i) q.put_nowait(job{i % 3, std::to_string(i)});
  std::vector<std::pair<int, int>> taken;
  while (!q.empty()) {
    job const j = q.get_nowait();
    taken.emplace_back(j.priority, std::stoi(j.name));
  }
  CHECK(taken.size() == 100);
  CHECK(std::ranges::is_sorted(taken));
}

TEST_CASE("a priority_queue gives any mixture of puts and gets the smallest", "[runtime][queue]") {
  std::uint32_t state = 12345;
  priority_queue<std::uint32_t> q;
  std::vector<std::uint32_t> model;
  bool right = true;
  for (int i = 0; i < 20'000; ++i) {
    state = state * 1664525 + 1013904223;
    if (model.empty() || (state >> 16) % 5 < 3) {
      q.put_nowait(state >> 20);
      model.push_back(state >> 20);
    } else {
      auto const smallest = std::ranges::min_element(model);
      right = right && q.get_nowait() == *smallest;
      model.erase(smallest);
    }
  }
  CHECK(right);
  CHECK(q.size() == model.size());
}

TEST_CASE("a priority_queue takes another order", "[runtime][queue]") {
  priority_queue<int, std::greater<>> q;
  for (int i : {3, 1, 2}) q.put_nowait(i);
  CHECK(drained(q) == std::vector<int>{3, 2, 1});
}

TEST_CASE("a waiting get takes what is smallest when it resumes", "[runtime][queue]") {
  run_virtual([]() -> task<> {
    priority_queue<int> q;
    auto getter = spawn([&]() -> task<int> { co_return co_await q.get(); });
    co_await yield_now();
    q.put_nowait(5);
    q.put_nowait(3);
    q.put_nowait(4);
    int const smallest = co_await getter;
    CHECK(smallest == 3);
    CHECK(drained(q) == std::vector<int>{4, 5});
  });
}

TEST_CASE("a priority_queue takes items that can only be moved", "[runtime][queue]") {
  struct by_value {
    bool operator()(std::unique_ptr<int> const& a, std::unique_ptr<int> const& b) const { return *a < *b; }
  };
  run_virtual([]() -> task<> {
    priority_queue<std::unique_ptr<int>, by_value> q(2);
    auto putter = spawn([&]() -> task<> {
      for (int i : {3, 2, 1}) co_await q.put(std::make_unique<int>(i));
    });
    co_await yield_now();
    CHECK(q.full());
    auto const first = co_await q.get();
    CHECK(*first == 2);
    co_await putter;
    auto const second = co_await q.get();
    CHECK(*second == 1);
  });
}

TEST_CASE("a comparison that throws leaves a priority_queue as it was", "[runtime][queue]") {
  for (int allowed = 0; allowed < 12; ++allowed) {
    int left = 1000;
    priority_queue<int, fails_after> q(0, fails_after{&left});
    for (int i : {9, 4, 7, 1, 8, 2, 6, 3}) q.put_nowait(i);
    left = allowed;
    bool put_threw = false, get_threw = false;
    std::vector<int> expected{1, 2, 3, 4, 6, 7, 8, 9};
    try {
      q.put_nowait(0);
      expected.insert(expected.begin(), 0);
    } catch (boom const&) {
      put_threw = true;
    }
    left = allowed;
    try {
      int const smallest = q.get_nowait();
      CHECK(smallest == expected.front());
      expected.erase(expected.begin());
    } catch (boom const&) {
      get_threw = true;
    }
    left = 1000;
    CHECK(put_threw == (allowed < 3));
    if (allowed == 0) CHECK(get_threw);
    CHECK(q.size() == expected.size());
    CHECK(drained(q) == expected);
  }
}

TEST_CASE("items whose move throws do not disturb a priority_queue", "[runtime][queue]") {
  priority_queue<brittle> q;
  for (int i : {5, 3, 4, 1, 2}) q.put_nowait(brittle(i));
  brittle::fragile = true;
  CHECK_THROWS_AS(q.get_nowait(), boom);
  brittle::fragile = false;
  std::vector<int> taken;
  while (!q.empty()) taken.push_back(q.get_nowait().value);
  CHECK(taken == std::vector<int>{1, 2, 3, 4, 5});
}
