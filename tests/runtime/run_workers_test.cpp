// SPDX-License-Identifier: MIT
// Real loops on real threads. A test that would hang if a worker were not told ends by the test runner's time limit.
#include "../support/child_process.hpp"
#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"
#include "../support/network.hpp"

#include <catch2/catch_test_macros.hpp>

#include <pthread.h>
#include <atomic>
#include <csignal>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// Sleeps until it is cancelled, which it counts.
task<> sleep_long(std::atomic<int>& begun, std::atomic<int>& cancelled) {
  ++begun;
  try {
    co_await sleep(1h);
  } catch (cancelled_error const&) {
    ++cancelled;
    throw;
  }
}

task<> until(std::atomic<int> const& counter, int value) {
  while (counter < value) co_await sleep(1ms);  // other threads change it
}

}  // namespace

TEST_CASE("run_workers runs a function in as many loops on as many threads, and yields what they return", "[workers]") {
  std::latch together(3);
  std::mutex guard;
  std::set<std::thread::id> threads;
  std::set<event_loop*> loops;
  auto const work = [&](worker_info self, std::unique_ptr<int>* base) -> task<std::unique_ptr<int>> {
    together.arrive_and_wait();  // all run at the same time
    {
      std::lock_guard const lock(guard);
      threads.insert(std::this_thread::get_id());
      loops.insert(&get_running_loop());
    }
    co_await sleep(1ms);
    if (self.count != 3) throw boom("wrong count");
    co_return std::make_unique<int>(**base + static_cast<int>(self.index));
  };
  auto base = std::make_unique<int>(10);
  auto const results = run_workers(3, work, &base);
  REQUIRE(results.size() == 3);
  CHECK((*results[0] == 10 && *results[1] == 11 && *results[2] == 12));
  CHECK(threads.size() == 3);
  CHECK_FALSE(threads.contains(std::this_thread::get_id()));
  CHECK(loops.size() == 3);
}

TEST_CASE("a worker's function need not know which worker it is, and each has its own copies of the arguments", "[workers]") {
  std::atomic<int> sum = 0;
  std::vector<int> const numbers{1, 2, 3};
  run_workers(
      4,
      [](std::vector<int> mine, std::atomic<int>& total) -> task<> {
        co_await yield_now();
        for (int& n : mine) total += n++;
      },
      numbers, std::ref(sum));
  CHECK(sum == 24);
}

TEST_CASE("the first failure cancels the other workers and is thrown when they have ended", "[workers][cancel]") {
  std::atomic<int> begun = 0;
  std::atomic<int> cancelled = 0;
  auto const work = [&](worker_info self) -> task<> {
    if (self.index != 1) co_return co_await sleep_long(begun, cancelled);
    co_await until(begun, 2);
    throw boom("worker 1");
  };
  std::string thrown;
  try {
    run_workers(3, work);
  } catch (boom const& e) {
    thrown = e.what();
  }
  CHECK(thrown == "worker 1");
  CHECK(cancelled == 2);
}

TEST_CASE("workers that fail in their clean-up join the first failure in a group", "[workers][cancel]") {
  std::atomic<int> begun = 0;
  auto const work = [&](worker_info self) -> task<> {
    if (self.index == 0) {
      co_await until(begun, 1);
      throw boom();
    }
    ++begun;
    try {
      co_await sleep(1h);
    } catch (cancelled_error const&) {
      throw boom2();
    }
  };
  bool both = false;
  try {
    run_workers(2, work);
  } catch (exception_group const& g) {
    both = g.contains<boom>() && g.contains<boom2>() && g.exceptions().size() == 2;
  }
  CHECK(both);
}

TEST_CASE("a worker that was cancelled by itself counts as failed", "[workers][cancel]") {
  std::atomic<int> begun = 0;
  std::atomic<int> cancelled = 0;
  auto const work = [&](worker_info self) -> task<> {
    if (self.index == 0) co_return co_await sleep_long(begun, cancelled);
    co_await until(begun, 1);
    current_task().cancel("enough");
    co_await yield_now();
  };
  CHECK(kind_thrown([&] { run_workers(2, work); }) == "cancelled_error");
  CHECK(cancelled == 1);
}

TEST_CASE("a worker that ends well leaves the others alone", "[workers]") {
  std::atomic<int> ended = 0;
  auto const work = [&](worker_info self) -> task<> {
    if (self.index == 0) co_await until(ended, 3);
    ++ended;
  };
  run_workers(4, work);
  CHECK(ended == 4);
}

TEST_CASE("Ctrl-C cancels all workers, and keyboard_interrupt is thrown", "[workers][interrupt]") {
  child_end const end = in_child([] {
    std::atomic<int> begun = 0;
    std::atomic<int> cancelled = 0;
    auto const work = [&](worker_info self) -> task<> {
      if (self.index == 2) {
        co_await until(begun, 2);
        ::kill(::getpid(), SIGINT);
      }
      co_await sleep_long(begun, cancelled);
    };
    try {
      run_workers(3, work);
    } catch (keyboard_interrupt const&) {
      return cancelled == 3 ? 0 : 1;
    }
    return 2;
  });
  INFO(end.error_output);
  CHECK(end.signal == 0);
  CHECK(end.exit_code == 0);
}

TEST_CASE("after Ctrl-C, workers that refuse to be cancelled let run_workers return", "[workers][interrupt]") {
  child_end const end = in_child([] {
    std::atomic<int> begun = 0;
    auto const work = [&]() -> task<int> {
      if (++begun == 2) ::kill(::getpid(), SIGINT);
      try {
        co_await sleep(1h);
      } catch (cancelled_error const&) {
      }
      co_return 1;
    };
    return run_workers(2, work) == std::vector{1, 1} ? 0 : 1;
  });
  CHECK(end.signal == 0);
  CHECK(end.exit_code == 0);
}

TEST_CASE("workers share one port, each with a server of its own", "[workers][net]") {
  constexpr std::size_t workers = 3;
  channel<std::uint16_t> ports(workers);
  channel<std::size_t> answered(64);
  channel<int> end(1);
  auto const work = [](worker_info self, channel<std::uint16_t> there, channel<std::size_t> told, channel<int> until) -> task<> {
    std::uint16_t port = 0;
    if (self.index != 0) {
      auto const sent = co_await there.receive();
      port = sent.value();
    }
    auto const answer = [self, told](stream peer) mutable -> task<> {
      co_await told.send(self.index);
      co_await echo(std::move(peer));
    };
    server listening = co_await start_server(answer, "127.0.0.1", port, {.reuse_port = true});
    if (self.index != 0) {
      co_await until.receive();  // it is closed
      listening.close();
      co_return;
    }
    for (std::size_t i = 1; i < self.count; ++i) co_await there.send(listening.port());
    // The kernel spreads connections by a hash of their address: a second server has its first one soon.
    std::set<std::size_t> seen;
    for (int i = 0; i < 1000 && seen.size() < 2; ++i) {
      std::string const back = co_await ask(listening.port(), "hello");
      if (back != "hello") FAIL("no echo");
      auto const who = co_await told.receive();
      seen.insert(who.value());
    }
    CHECK(seen.size() >= 2);
    until.close();
    listening.close();
  };
  run_workers(workers, work, ports, answered, end);
}

TEST_CASE("run_workers refuses no workers, and a loop that runs", "[workers]") {
  auto const nothing = []() -> task<> { co_return; };
  CHECK(kind_thrown([&] { run_workers(0, nothing); }) == "invalid_argument");
  run_real([&]() -> task<> {
    std::string const inside = kind_thrown([&] { run_workers(1, nothing); });
    CHECK(inside == "logic_error");
    co_return;
  });
}

TEST_CASE("a thread that cannot be started is an error, and the others are cancelled", "[workers]") {
  pthread_attr_t before;
  pthread_getattr_default_np(&before);
  std::atomic<int> ended = 0;
  std::string thrown;
  pthread_attr_t huge;
  pthread_attr_init(&huge);
  pthread_attr_setstacksize(&huge, std::size_t{1} << 47);
  pthread_setattr_default_np(&huge);
  try {
    run_workers(2, [&]() -> task<> {
      ++ended;
      co_return;
    });
  } catch (std::system_error const& e) {
    thrown = e.what();
  }
  pthread_setattr_default_np(&before);
  pthread_attr_destroy(&huge);
  pthread_attr_destroy(&before);
  CHECK(thrown == "run_workers: cannot start thread 1 of 2: Resource temporarily unavailable");
  CHECK(ended == 0);
}

TEST_CASE("run_workers leaves no descriptor behind", "[workers]") {
  auto const before = open_descriptors();
  std::atomic<int> begun = 0;
  std::atomic<int> cancelled = 0;
  for (int i = 0; i < 5; ++i) {
    begun = 0;
    auto const work = [&](worker_info self) -> task<> {
      if (self.index == 0) throw boom();
      co_await sleep_long(begun, cancelled);
    };
    CHECK(kind_thrown([&] { run_workers(3, work); }) == "boom");
  }
  CHECK(open_descriptors() == before);
}
