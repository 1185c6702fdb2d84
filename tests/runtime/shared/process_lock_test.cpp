// SPDX-License-Identifier: MIT
#include "../../support/cancel_everywhere.hpp"
#include "../../support/descriptors.hpp"
#include "../../support/fixture.hpp"
#include "../../support/forked.hpp"
#include "arguments.hpp"

#include <halka/halka.hpp>

#include <sys/syscall.h>
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>

#include <fstream>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a process_lock lets one process at a time", "[process][process_lock]") {
  process_lock lock;
  shared_memory const memory(64);
  volatile int* const counter = memory.view<int>().data();  // read and written apart: without the lock additions are lost
  std::vector<std::unique_ptr<forked>> children;
  for (int c = 0; c < 4; ++c)
    children.push_back(std::make_unique<forked>([&] {
      for (int i = 0; i < 500; ++i) {
        std::lock_guard const held(lock);
        int const seen = *counter;
        if (i % 16 == 0) std::this_thread::yield();
        *counter = seen + 1;
      }
      return 0;
    }));
  for (auto const& child : children) CHECK(child->wait() == 0);
  CHECK(*counter == 2000);
  CHECK_FALSE(lock.locked());
  CHECK(lock.statistics().acquisitions == 2000);
  CHECK(lock.statistics().abandoned == 0);
}

TEST_CASE("tasks and threads of one process exclude each other too", "[process][process_lock]") {
  process_lock lock;
  int counter = 0;
  std::jthread thread([&] {
    for (int i = 0; i < 200; ++i) {
      std::lock_guard const held(lock);
      ++counter;
    }
  });
  run_real([&]() -> task<> {
    auto work = [&]() -> task<> {
      for (int i = 0; i < 100; ++i) {
        auto const held = co_await lock.hold();
        int const seen = counter;
        co_await yield_now();
        counter = seen + 1;
      }
    };
    co_await gather(work(), work());
  });
  thread.join();
  CHECK(counter == 400);
}

TEST_CASE("a lock that is held is not taken", "[process][process_lock]") {
  process_lock lock, other = passed(lock);
  CHECK(lock.try_lock());
  CHECK(other.locked());
  CHECK_FALSE(other.try_lock());
  // A short wait for what does not come: the time is the test.
  CHECK_FALSE(other.try_lock_for(1ms));
  CHECK(lock.statistics().holder == getpid());
  other.unlock();
  CHECK_FALSE(lock.locked());
  CHECK_THROWS_WITH(lock.release(), ContainsSubstring("does not hold"));
  CHECK(other.try_lock_for(1ms));
  forked child([&] {
    try {
      lock.release();
    } catch (std::logic_error const&) {
      return 1;
    }
    return 0;
  });
  CHECK(child.wait() == 1);
}

TEST_CASE("the lock of a process that ended is free, and who takes it is told", "[process][process_lock]") {
  process_lock lock;
  auto const killed = std::make_unique<forked>([&] {
    lock.lock();
    std::raise(SIGKILL);
    return 0;
  });
  forked::wait_for_end(killed->pid());  // it is a zombie
  REQUIRE(lock.locked());
  CHECK(lock.try_lock());
  CHECK(lock.was_abandoned());
  lock.unlock();
  lock.lock();
  CHECK_FALSE(lock.was_abandoned());
  lock.unlock();
  CHECK(lock.statistics().abandoned == 1);
  forked exits([&] {
    lock.lock();
    return 0;
  });
  CHECK(exits.wait() == 0);  // it is gone
  lock.lock();
  CHECK(lock.was_abandoned());
}

TEST_CASE("a process whose main thread has ended, but not the others, keeps its locks", "[process][process_lock]") {
  if (detail::sanitized) SKIP("the thread sanitizer starts no threads in the child of a program with threads");
  process_lock lock;
  process_event taken;
  auto const holds = std::make_unique<forked>([&] {
    std::thread([&] {
      lock.lock();
      taken.set();
      while (true) pause();
    }).detach();
    taken.wait_blocking();
    syscall(SYS_exit, 0);  // this thread
    return 0;
  });
  taken.wait_blocking();
  std::string const status = "/proc/" + std::to_string(holds->pid()) + "/stat";
  auto const is_zombie = [&] {
    std::string text;
    std::getline(std::ifstream(status), text);
    return text.find(") Z") != std::string::npos;
  };
  while (!is_zombie()) std::this_thread::yield();
  CHECK_FALSE(lock.try_lock());
  holds->kill(SIGKILL);
  CHECK(lock.try_lock_for(20s));
  CHECK(lock.was_abandoned());
}

TEST_CASE("who waits for a lock gets it when its holder is killed", "[process][process_lock]") {
  process_lock lock;
  process_event taken;
  auto const holds = [&] {
    lock.lock();
    taken.set();
    while (true) pause();
    return 0;
  };
  forked first(holds);
  taken.wait_blocking();
  taken.clear();
  forked waits([&] {
    lock.lock();
    int const answer = lock.was_abandoned() ? 7 : 0;
    lock.unlock();
    return answer;
  });
  // Until it waits; it would get the lock all the same.
  std::this_thread::sleep_for(5ms);
  first.kill(SIGKILL);
  CHECK(waits.wait() == 7);
  forked const second(holds);
  taken.wait_blocking();
  run_real([&]() -> task<> {
    auto acquire = [&]() -> task<> { co_await lock.acquire(); };
    auto const acquiring = spawn(acquire);
    co_await sleep(5ms);  // until it waits
    CHECK_FALSE(acquiring.done());
    second.kill(SIGKILL);
    co_await acquiring;
    CHECK(lock.was_abandoned());
    lock.release();
  });
}

TEST_CASE("who waits for a lock gets it when another has taken it meanwhile and is killed", "[process][process_lock]") {
  process_lock lock;
  process_event taken;
  auto const holds = [&] {
    static_cast<void>(lock.try_lock());
    taken.set();
    while (true) pause();
    return 0;
  };
  lock.lock();
  forked waits([&] {
    if (!lock.try_lock_for(20s)) return 1;
    return lock.was_abandoned() ? 7 : 0;
  });
  // Until it waits; it would get the lock all the same.
  std::this_thread::sleep_for(5ms);
  waits.stop();
  lock.unlock();
  {
    forked const next(holds);
    taken.wait_blocking();
    CHECK_FALSE(lock.try_lock());
  }
  waits.kill(SIGCONT);
  CHECK(waits.wait() == 7);
  REQUIRE(lock.try_lock());
  taken.clear();
  run_real([&]() -> task<> {
    auto acquire = [&]() -> task<> { co_await lock.acquire(); };
    auto const acquiring = spawn(acquire);
    co_await settle();
    CHECK_FALSE(acquiring.done());
    // Its loop sees nothing of all this.
    lock.unlock();
    {
      forked const next(holds);
      while (!taken.is_set()) std::this_thread::yield();
      CHECK_FALSE(lock.try_lock());
    }
    auto in_time = [&]() -> task<> { co_await acquiring; };
    co_await fail_after(20s, in_time);
    CHECK(lock.was_abandoned());
    lock.release();
  });
}

TEST_CASE("a process that is killed at any moment while it takes a lock leaves it usable", "[process][process_lock]") {
  std::mt19937 random(1);
  process_lock lock;
  for (int round = 0; round < 150; ++round) {
    forked const one([&] {
      while (true) std::lock_guard const held(lock);
      return 0;
    });
    forked const two([&] {
      while (true) std::lock_guard const held(lock);
      return 0;
    });
    std::this_thread::sleep_for(std::chrono::microseconds(300 + random() % 1500));  // so that the kill meets it anywhere
    one.kill(SIGKILL);
    if (random() % 2) two.kill(SIGKILL);
    REQUIRE(lock.try_lock_for(20s));
    lock.unlock();
  }
}

TEST_CASE("a lock refuses to block a loop", "[process][process_lock]") {
  process_lock lock;
  run_real([&]() -> task<> {
    CHECK_THROWS_WITH(lock.lock(), ContainsSubstring("would block the loop"));
    CHECK_THROWS_WITH(lock.try_lock_for(1s), ContainsSubstring("would block the loop"));
    CHECK(lock.try_lock());
    lock.release();
    co_return;
  });
}

TEST_CASE("cancelled at every await, a lock is free afterwards", "[process][process_lock][cancel]") {
  auto const body = []() -> task<> {
    process_lock lock;
    auto work = [&]() -> task<> {
      auto const held = co_await lock.hold();
      co_await yield_now();
    };
    try {
      co_await gather(work(), work());
    } catch (...) {
      if (lock.locked()) std::abort();
      throw;
    }
    if (lock.locked()) throw std::logic_error("still held");
  };
  std::size_t const before = open_descriptors();
  CHECK(problems_when_cancelled(body) == trace{});
  CHECK(open_descriptors() == before);
}
