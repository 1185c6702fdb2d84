// SPDX-License-Identifier: MIT
#include <halka/sched/timer_queue.hpp>

#include <catch2/catch_test_macros.hpp>

#include <deque>
#include <map>
#include <random>
#include <utility>
#include <vector>

using namespace halka;
using namespace std::chrono_literals;

namespace {

clock::time_point at(std::int64_t ns) { return clock::time_point(clock::duration(ns)); }

/// A timer with a number, which it notes when it fires.
struct numbered : timer {
  numbered(int n, std::vector<int>& l) : timer(note), number(n), log(l) {}
  static void note(timer& t) {
    auto& self = static_cast<numbered&>(t);
    self.log.push_back(self.number);
  }
  int number;
  std::vector<int>& log;
};

}  // namespace

TEST_CASE("timers fire in the order of their deadlines, not of their setting", "[sched][timer]") {
  std::vector<int> log;
  timer_queue queue;
  numbered a(1, log), b(2, log), c(3, log), d(4, log);
  queue.add(c, at(30));
  queue.add(a, at(10));
  queue.add(d, at(40));
  queue.add(b, at(20));
  CHECK(queue.next_deadline() == at(10));
  queue.fire_due(at(9));
  CHECK(log == std::vector<int>{});
  queue.fire_due(at(30));
  CHECK(log == std::vector{1, 2, 3});
  CHECK_FALSE(a.set());
  CHECK(d.set());
  CHECK(queue.next_deadline() == at(40));
  queue.fire_due(at(1000));
  CHECK(log == std::vector{1, 2, 3, 4});
  CHECK(queue.empty());
  CHECK(queue.next_deadline() == never);
}

TEST_CASE("timers with equal deadlines fire in the order in which they were set", "[sched][timer]") {
  std::vector<int> log;
  std::vector<int> expected;
  std::deque<numbered> timers;
  timer_queue queue;
  for (int i = 0; i < 1000; ++i) {
    queue.add(timers.emplace_back(i, log), at(5));
    expected.push_back(i);
  }
  queue.fire_due(at(5));
  CHECK(log == expected);
}

TEST_CASE("a removed timer does not fire and may be set again", "[sched][timer]") {
  std::vector<int> log;
  timer_queue queue;
  numbered a(1, log), b(2, log), c(3, log);
  queue.add(a, at(10));
  queue.add(b, at(20));
  queue.add(c, at(30));
  queue.remove(a);
  queue.remove(a);
  CHECK_FALSE(a.set());
  CHECK(queue.size() == 2);
  CHECK(queue.next_deadline() == at(20));
  queue.add(a, at(25));
  queue.remove(c);
  queue.fire_due(at(100));
  CHECK(log == std::vector{2, 1});
}

TEST_CASE("a timer may set itself again, and one that it sets due fires in the same round", "[sched][timer]") {
  struct repeating : timer {
    repeating(timer_queue& q) : timer(again), queue(q) {}
    static void again(timer& t) {
      auto& self = static_cast<repeating&>(t);
      if (++self.fired < 3) self.queue.add(self, at(self.fired));
    }
    timer_queue& queue;
    int fired = 0;
  };
  timer_queue queue;
  repeating r(queue);
  queue.add(r, at(0));
  queue.fire_due(at(10));
  CHECK(r.fired == 3);
  CHECK(queue.empty());
}

TEST_CASE("a timer that fires may remove another one that is due", "[sched][timer]") {
  std::vector<int> log;
  timer_queue queue;
  numbered victim(1, log);
  struct remover : timer {
    remover(timer_queue& q, timer& v) : timer(act), queue(q), other(v) {}
    static void act(timer& t) {
      auto& self = static_cast<remover&>(t);
      self.queue.remove(self.other);
    }
    timer_queue& queue;
    timer& other;
  } killer(queue, victim);
  queue.add(killer, at(1));
  queue.add(victim, at(1));
  queue.fire_due(at(1));
  CHECK(log == std::vector<int>{});
  CHECK(queue.empty());
}

TEST_CASE("the order holds when most timers are cancelled and their leavings are purged", "[sched][timer]") {
  std::vector<int> log;
  std::vector<int> expected;
  std::deque<numbered> timers;
  timer_queue queue;
  for (int i = 0; i < 1000; ++i) {
    // Deadlines in no order: 7919 is a prime.
    queue.add(timers.emplace_back(i * 7919 % 1000, log), at(i * 7919 % 1000));
  }
  for (auto& t : timers)
    if (t.number % 10 != 0) queue.remove(t);
  CHECK(queue.size() == 100);
  for (int i = 0; i < 1000; i += 10) expected.push_back(i);
  queue.fire_due(at(1000));
  CHECK(log == expected);
}

TEST_CASE("a queue of timers does what a multimap does, over a hundred thousand random operations", "[sched][timer]") {
  std::mt19937 random(20250101);
  auto below = [&](int n) { return std::uniform_int_distribution(0, n - 1)(random); };
  constexpr int timers = 500;
  std::vector<int> log;
  std::deque<numbered> all;
  for (int i = 0; i < timers; ++i) all.emplace_back(i, log);
  timer_queue queue;
  std::multimap<clock::time_point, int> model;  // equal keys keep the order of insertion
  std::vector<std::multimap<clock::time_point, int>::iterator> place(timers, model.end());
  std::vector<int> expected;
  std::int64_t now = 0;

  for (int operation = 0; operation < 100'000; ++operation) {
    auto const i = static_cast<std::size_t>(below(timers));
    switch (below(8)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        if (all[i].set()) break;
        auto const deadline = at(now + below(200) - 20);
        queue.add(all[i], deadline);
        place[i] = model.emplace(deadline, static_cast<int>(i));
        break;
      }
      case 4:
      case 5:
      case 6:
        queue.remove(all[i]);
        if (place[i] != model.end()) model.erase(std::exchange(place[i], model.end()));
        break;
      default:
        now += below(20);
        queue.fire_due(at(now));
        while (!model.empty() && model.begin()->first <= at(now)) {
          int const due = model.begin()->second;
          expected.push_back(due);
          place[static_cast<std::size_t>(due)] = model.end();
          model.erase(model.begin());
        }
        if (log != expected) FAIL("different after operation " << operation);
        log.clear();
        expected.clear();
    }
    if (queue.size() != model.size()) FAIL("another size after operation " << operation);
    if (queue.next_deadline() != (model.empty() ? never : model.begin()->first))
      FAIL("another first deadline after operation " << operation);
  }
  SUCCEED();
}
