// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

template <class Queue>
std::vector<int> order_of() {
  return run_virtual([]() -> task<std::vector<int>> {
    Queue q;
    for (int i : {1, 3, 2}) co_await q.put(i);
    std::vector<int> taken;
    while (!q.empty()) {
      int const i = co_await q.get();
      taken.push_back(i);
    }
    co_return taken;
  });
}

template <class Queue>
task<> put_item(Queue& q, std::string item) {
  co_await q.put(std::move(item));
}

}  // namespace

TEST_CASE("QUEUE-01: a queue, a lifo_queue and a priority_queue each have their order", "[case][QUEUE-01]") {
  CHECK(order_of<queue<int>>() == std::vector<int>{1, 3, 2});
  CHECK(order_of<lifo_queue<int>>() == std::vector<int>{2, 3, 1});
  CHECK(order_of<priority_queue<int>>() == std::vector<int>{1, 2, 3});
}

TEST_CASE("QUEUE-01: a put waits while the queue is full", "[case][QUEUE-01]") {
  run_virtual([]() -> task<> {
    queue<int> q(2);
    std::vector<int> put;
    auto putter = spawn([&]() -> task<> {
      for (int i = 0; i < 3; ++i) {
        co_await q.put(i);
        put.push_back(i);
      }
    });
    co_await yield_now();
    co_await yield_now();
    CHECK(put == std::vector<int>{0, 1});
    int const first = co_await q.get();
    CHECK(first == 0);
    co_await yield_now();
    CHECK(put == std::vector<int>{0, 1, 2});
    CHECK(putter.done());
  });
}

TEST_CASE("QUEUE-01: the functions that never wait throw instead, and zero is no limit", "[case][QUEUE-01]") {
  queue<int> q(1);
  CHECK_THROWS_AS(q.get_nowait(), queue_empty);
  q.put_nowait(1);
  CHECK_THROWS_AS(q.put_nowait(2), queue_full);
  CHECK(q.get_nowait() == 1);
  queue<int> unlimited(0);
  for (int i = 0; i < 1000; ++i) unlimited.put_nowait(i);
  CHECK_FALSE(unlimited.full());
  CHECK(unlimited.size() == 1000);
}

TEST_CASE("QUEUE-05: join returns when the work on every item is done", "[case][QUEUE-05]") {
  run_virtual([]() -> task<> {
    queue<int> q;
    int processed = 0;
    for (int i = 0; i < 3; ++i) co_await q.put(i);
    auto work_for_ever = [&]() -> task<> {
      while (true) {
        co_await q.get();
        co_await sleep(5ms);
        ++processed;
        q.task_done();
      }
    };
    auto a = spawn(work_for_ever);
    auto b = spawn(work_for_ever);
    co_await q.join();
    CHECK(processed == 3);
    CHECK_THROWS_AS(q.task_done(), std::invalid_argument);
    a.cancel();
    b.cancel();

    queue<int> fresh;
    auto const passes = get_running_loop().statistics().passes;
    co_await fresh.join();
    CHECK(get_running_loop().statistics().passes == passes);
  });
}

TEST_CASE("QUEUE-06: a shutdown wakes a getter of an empty queue", "[case][QUEUE-06]") {
  run_virtual([]() -> task<> {
    queue<int> q;
    auto g = spawn([&]() -> task<int> { co_return co_await q.get(); });
    co_await yield_now();
    q.shutdown();
    std::string how = "none";
    try {
      co_await g;
    } catch (queue_shut_down const&) {
      how = "queue_shut_down";
    }
    CHECK(how == "queue_shut_down");
  });
}

TEST_CASE("QUEUE-06: after a shutdown what is in the queue can still be taken", "[case][QUEUE-06]") {
  run_virtual([]() -> task<> {
    queue<std::string> q(1);
    co_await q.put("d");
    auto p = spawn(put_item<queue<std::string>>, std::ref(q), "e");
    auto j = spawn([&]() -> task<> { co_await q.join(); });
    co_await yield_now();
    q.shutdown();
    co_await settle();
    CHECK(kind(p.exception()) == "queue_shut_down");
    std::string const item = co_await q.get();
    CHECK(item == "d");
    std::string get_again = "none", put_again = "none";
    try {
      co_await q.get();
    } catch (queue_shut_down const&) {
      get_again = "queue_shut_down";
    }
    try {
      co_await q.put("f");
    } catch (queue_shut_down const&) {
      put_again = "queue_shut_down";
    }
    CHECK(get_again == "queue_shut_down");
    CHECK(put_again == "queue_shut_down");
    CHECK_THROWS_AS(q.get_nowait(), queue_shut_down);
    CHECK_THROWS_AS(q.put_nowait("g"), queue_shut_down);
    co_await settle();
    CHECK_FALSE(j.done());
    q.task_done();
    co_await j;
  });
}

TEST_CASE("QUEUE-07: an immediate shutdown drops what is in the queue, and taken items still count", "[case][QUEUE-07]") {
  run_virtual([]() -> task<> {
    queue<int> q;
    co_await q.put(1);
    co_await q.put(2);
    co_await q.get();
    auto j = spawn([&]() -> task<> { co_await q.join(); });
    co_await yield_now();
    q.shutdown(true);
    CHECK(q.size() == 0);
    co_await yield_now();
    CHECK_FALSE(j.done());
    std::string how = "none";
    try {
      co_await q.get();
    } catch (queue_shut_down const&) {
      how = "queue_shut_down";
    }
    CHECK(how == "queue_shut_down");
    q.task_done();
    co_await j;
    CHECK_THROWS_AS(q.task_done(), std::invalid_argument);
  });
}

TEST_CASE("QUEUE-08: of several producers and consumers each item is taken once, in its producer's order", "[case][QUEUE-08]") {
  run_virtual([]() -> task<> {
    using item = std::pair<int, int>;
    queue<item> q(3);
    std::set<item> seen;
    std::map<int, int> last{{0, -1}, {1, -1}, {2, -1}};
    std::size_t largest = 0;
    bool in_order = true;
    auto produce = [&](int producer) -> task<> {
      for (int i = 0; i < 100; ++i) {
        co_await q.put(item(producer, i));
        largest = std::max(largest, q.size());
      }
    };
    auto consume = [&]() -> task<> {
      try {
        while (true) {
          item const i = co_await q.get();
          seen.insert(i);
          in_order = in_order && last.at(i.first) < i.second;
          last.at(i.first) = i.second;
          if (i.second % 7 == 0) co_await yield_now();
          q.task_done();
        }
      } catch (queue_shut_down const&) {
      }
    };
    co_await with_task_group([&](task_group& consumers) -> task<> {
      for (int i = 0; i < 4; ++i) consumers.spawn(consume);
      co_await with_task_group([&](task_group& producers) {
        for (int i = 0; i < 3; ++i) producers.spawn(produce, i);
      });
      co_await q.join();
      q.shutdown();
    });
    CHECK(seen.size() == 300);
    CHECK(largest <= 3);
    CHECK(in_order);
  });
}
