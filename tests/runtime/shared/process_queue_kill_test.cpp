// SPDX-License-Identifier: MIT
// A process_queue among processes that run, end and are killed.
#include "../../support/fixture.hpp"
#include "../../support/forked.hpp"

#include <halka/halka.hpp>

#include <catch2/catch_test_macros.hpp>
#include <csignal>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

using numbered = std::pair<int, int>;  // who put it, and its number

}  // namespace

TEST_CASE("many processes put and get: every item once, those of one producer in order", "[process][process_queue]") {
  constexpr int producers = 3, consumers = 3, each = 500;
  process_queue<numbered> q(10);
  process_queue<std::vector<numbered>> results;
  std::vector<std::unique_ptr<forked>> children;
  for (int p = 0; p < producers; ++p)
    children.push_back(std::make_unique<forked>([&, p] {
      for (int i = 0; i < each; ++i) q.put_blocking({p, i});
      return 0;
    }));
  for (int c = 0; c < consumers; ++c)
    children.push_back(std::make_unique<forked>([&] {
      std::vector<numbered> got;
      try {
        while (true) got.push_back(q.get_blocking());
      } catch (queue_shut_down const&) {
      }
      results.put_blocking(got);
      return 0;
    }));
  for (int p = 0; p < producers; ++p) CHECK(children[static_cast<std::size_t>(p)]->wait() == 0);
  q.shutdown();
  std::map<numbered, int> seen;
  for (int c = 0; c < consumers; ++c) {
    std::map<int, int> last;
    for (auto const& [producer, number] : results.get_blocking_for(30s)) {
      ++seen[{producer, number}];
      CHECK((!last.contains(producer) || last[producer] < number));
      last[producer] = number;
    }
  }
  CHECK(seen.size() == producers * each);
  for (auto const& child : children) child->kill(SIGKILL);
}

TEST_CASE("what a process has put stays when it exits or is killed", "[process][process_queue]") {
  process_queue<std::string> q;
  forked exits([&] {
    q.put_blocking("exits");
    q.put_blocking(std::string(4 << 20, 'x'));
    return 0;
  });
  CHECK(exits.wait() == 0);
  forked dies([&] {
    q.put_blocking("dies");
    std::raise(SIGKILL);
    return 0;
  });
  CHECK(dies.wait() == -SIGKILL);
  CHECK(q.get_nowait() == "exits");
  CHECK(q.get_nowait().size() == 4 << 20);
  CHECK(q.get_nowait() == "dies");
}

TEST_CASE("a process that is killed at any moment holds nobody up and spoils nothing", "[process][process_queue]") {
  // The children are killed after times at random, so that over the rounds every stage is met.
  std::mt19937 random(1);
  process_queue<std::pair<int, std::string>> q(4);
  int next_wanted = 0;
  for (int round = 0; round < 150; ++round) {
    forked const producer([&, from = round * 1'000'000] {
      for (int i = from;; ++i) q.put_blocking({i, std::string(static_cast<std::size_t>(i % 5000), 'x')});
      return 0;
    });
    forked const consumer([&] {
      while (true) static_cast<void>(q.get_blocking());
      return 0;
    });
    std::this_thread::sleep_for(std::chrono::microseconds(500 + random() % 3000));
    (random() % 2 ? producer : consumer).kill(SIGKILL);
    if (random() % 2) std::this_thread::sleep_for(std::chrono::microseconds(random() % 500));
    producer.kill(SIGKILL);
    consumer.kill(SIGKILL);
    // Whatever is left is whole and in order, and the queue goes on.
    int last = -1;
    try {
      while (true) {
        auto const [number, text] = q.get_blocking_for(0s);
        REQUIRE(text.size() == static_cast<std::size_t>(number % 5000));
        REQUIRE(number > last);
        last = number;
      }
    } catch (queue_empty const&) {
    }
    q.put_blocking_for({next_wanted, std::string(static_cast<std::size_t>(next_wanted % 5000), 'x')}, 10s);
    REQUIRE(q.get_blocking_for(10s).first == next_wanted);
    ++next_wanted;
  }
}

TEST_CASE("a task that waits goes on although the process that would wake it is killed while it puts", "[process][process_queue]") {
  // Kills at random again. A waiter that slept for ever would end the test by the deadline.
  std::mt19937 random(2);
  process_queue<int> q(1);
  for (int round = 0; round < 50; ++round) {
    forked const child([&] {
      for (int i = 0;; ++i) {
        q.put_blocking(i);
        static_cast<void>(q.get_blocking());
      }
      return 0;
    });
    std::this_thread::sleep_for(std::chrono::microseconds(300 + random() % 1000));
    child.kill(SIGKILL);
    forked::wait_for_end(child.pid());
    run_real([&]() -> task<> {
      if (q.size() == 1) co_await q.get();
      auto get = [&]() -> task<int> { co_return co_await q.get(); };
      auto const getting = spawn(get);
      co_await yield_now();
      co_await q.put(7);
      int const got = co_await wait_for(getting, 10s);
      CHECK(got == 7);
    });
  }
}
