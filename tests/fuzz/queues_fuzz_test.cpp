// SPDX-License-Identifier: MIT
// Queues and channels in all schedules: every item once, in order, with producers and consumers that are cancelled.
#include "fuzzing.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

struct item {
  int producer;
  int number;
  friend bool operator<(item const& a, item const& b) { return a.number < b.number; }
};

/// What producers sent and consumers got.
class ledger {
 public:
  void sent(item i) { sent_.push_back(i); }
  void got(item i) { got_.push_back(i); }

  void must_balance(std::size_t left) const {
    must(sent_.size() == got_.size() + left,
         std::to_string(sent_.size()) + " sent, " + std::to_string(got_.size()) + " received, " + std::to_string(left) + " left");
    std::map<std::pair<int, int>, int> times;
    for (item const& i : got_) must(++times[{i.producer, i.number}] == 1, "an item came twice");
  }
  void must_be_in_order() const {
    std::map<int, int> last;
    for (item const& i : got_) {
      must(!last.contains(i.producer) || last[i.producer] < i.number, "the order of a producer's items");
      last[i.producer] = i.number;
    }
  }

 private:
  std::vector<item> sent_;
  std::vector<item> got_;
};

template <class Queue>
task<> produce_and_consume(fuzz_random& random, bool in_order) {
  std::size_t const room = random.below(4);
  Queue q(static_cast<std::ptrdiff_t>(room));
  ledger items;
  auto produce = [&](int me) -> task<> {
    for (int i = 0; i < 8; ++i) {
      if (random.one_in(2)) co_await dawdle(random);
      co_await q.put(item{me, i});
      items.sent({me, i});
      must(room == 0 || q.size() <= room, "more items than a queue has room for");
    }
  };
  auto consume = [&]() -> task<> {
    while (true) {
      item const got = co_await q.get();
      items.got(got);
      q.task_done();
      if (random.one_in(2)) co_await dawdle(random);
    }
  };
  std::vector<task_handle<>> producers;
  std::vector<task_handle<>> consumers;
  for (int i = 0; i < 3; ++i) producers.push_back(spawn(produce, i));
  for (int i = 0; i < 3; ++i) consumers.push_back(spawn(consume));
  auto const steady = spawn(consume);  // somebody is always there
  co_await cancel_some(random, producers, 3);
  co_await cancel_some(random, consumers);
  co_await join_all(producers);
  co_await q.join();
  items.must_balance(0);
  if (in_order) items.must_be_in_order();
  q.shutdown();
  consumers.push_back(steady);
  co_await wait(consumers);
  for (auto const& c : consumers)
    if (!c.cancelled()) must(kind(c.exception()) == "queue_shut_down", "how a consumer ends");
  must(q.empty() && q.statistics().waiting_to_get == 0, "the end of a queue");
}

}  // namespace

TEST_CASE("a queue hands every item over once and in order", "[fuzz][queue]") {
  fuzz_body([](fuzz_random& random) { return produce_and_consume<queue<item>>(random, true); });
}

TEST_CASE("a priority queue hands every item over once", "[fuzz][queue]") {
  fuzz_body([](fuzz_random& random) { return produce_and_consume<priority_queue<item>>(random, false); });
}

TEST_CASE("a last-in-first-out queue hands every item over once", "[fuzz][queue]") {
  fuzz_body([](fuzz_random& random) { return produce_and_consume<lifo_queue<item>>(random, false); });
}

TEST_CASE("a queue that is shut down at any time leaves nobody waiting", "[fuzz][queue]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    queue<std::unique_ptr<int>> q(2);
    int sent = 0;
    int got = 0;
    auto produce = [&]() -> task<> {
      for (int i = 0; i < 5; ++i) {
        co_await q.put(std::make_unique<int>(i));
        ++sent;
      }
    };
    auto consume = [&]() -> task<> {
      while (true) {
        std::unique_ptr<int> const one = co_await q.get();
        must(one != nullptr, "an item that was moved away");
        ++got;
        co_await dawdle(random);
      }
    };
    std::vector<task_handle<>> const all{spawn(produce), spawn(produce), spawn(consume), spawn(consume)};
    co_await dawdle(random);
    bool const immediate = random.one_in(2);
    q.shutdown(immediate);
    co_await wait(all);
    for (auto const& t : all)
      if (!t.cancelled() && t.exception()) must(kind(t.exception()) == "queue_shut_down", "how tasks of a queue end");
    must(immediate ? got <= sent && sent - got <= 2 : got == sent, "items at the shutdown");
  });
}

TEST_CASE("a channel hands every item over once and in order", "[fuzz][channel]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    channel<std::unique_ptr<item>> c(random.below(3));
    ledger items;
    auto produce = [&](int me) -> task<> {
      for (int i = 0; i < 6; ++i) {
        co_await dawdle(random);
        co_await c.send(std::make_unique<item>(item{me, i}));
        items.sent({me, i});
      }
    };
    auto consume = [&]() -> task<> {
      while (auto one = co_await c.receive()) {
        items.got(**one);
        if (random.one_in(2)) co_await dawdle(random);
      }
    };
    std::vector<task_handle<>> producers{spawn(produce, 0), spawn(produce, 1)};
    std::vector<task_handle<>> consumers{spawn(consume), spawn(consume), spawn(consume)};
    std::vector<task_handle<>> const some(consumers.begin() + 1, consumers.end());
    co_await cancel_some(random, some);
    co_await join_all(producers);
    c.close();
    co_await join_all(consumers);
    items.must_balance(0);
    items.must_be_in_order();
  });
}

TEST_CASE("a cancelled send either was received or did not happen", "[fuzz][channel]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    channel<int> c(random.below(2));
    int sent = 0;
    int got = 0;
    auto produce = [&]() -> task<> {
      for (int i = 0; i < 4; ++i) {
        co_await c.send(i);
        ++sent;
      }
    };
    auto consume = [&]() -> task<> {
      while (auto one = co_await c.receive()) {
        ++got;
        co_await dawdle(random);
      }
    };
    std::vector<task_handle<>> const producers{spawn(produce), spawn(produce)};
    auto const consumer = spawn(consume);
    co_await cancel_some(random, producers);
    co_await join_all(producers);
    c.close();
    co_await consumer;
    must(got == sent, std::to_string(sent) + " sent, " + std::to_string(got) + " received");
  });
}

TEST_CASE("selecting among channels takes one item and leaves the others", "[fuzz][channel][race]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    channel<int> a(4);
    channel<int> b(4);
    auto fill = [&](channel<int> c) -> task<> {
      for (int i = 0; i < 5; ++i) {
        co_await dawdle(random);
        co_await c.send(i);
      }
    };
    std::vector<task_handle<>> const fillers{spawn(fill, a), spawn(fill, b)};
    int next[2] = {0, 0};
    for (int i = 0; i < 10; ++i) {
      auto const first = co_await race(a.receive(), b.receive());
      std::size_t const which = first.index();
      std::optional<int> const value = std::visit([](auto const& v) { return v; }, first);
      must(value.has_value() && *value == next[which]++, "an item was lost in a race");
    }
    co_await join_all(fillers);
    must(a.size() == 0 && b.size() == 0, "items are left");
  });
}
