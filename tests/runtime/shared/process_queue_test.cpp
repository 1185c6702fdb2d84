// SPDX-License-Identifier: MIT
#include "../../support/cancel_everywhere.hpp"
#include "../../support/child_process.hpp"
#include "../../support/descriptors.hpp"
#include "../../support/fixture.hpp"
#include "../../support/forked.hpp"
#include "arguments.hpp"

#include <halka/halka.hpp>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>

#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

std::vector<int> all_of(process_queue<int>& q) {
  std::vector<int> items;
  while (q.size() > 0) items.push_back(q.get_nowait());
  return items;
}

}  // namespace

TEST_CASE("items of a process_queue come out in the order in which they went in", "[process][process_queue]") {
  process_queue<std::string> q;
  for (char const* item : {"a", "", "ccc"}) q.put_nowait(item);
  CHECK(q.size() == 3);
  CHECK(q.get_nowait() == "a");
  CHECK(q.get_nowait().empty());
  q.put_nowait("d");
  CHECK(q.get_blocking() == "ccc");
  CHECK(q.get_blocking() == "d");
  CHECK(q.empty());
}

TEST_CASE("a process_queue that is full or empty says so", "[process][process_queue]") {
  process_queue<int> q(2);
  CHECK_THROWS_AS(q.get_nowait(), queue_empty);
  q.put_nowait(1);
  CHECK_FALSE(q.full());
  q.put_nowait(2);
  CHECK(q.full());
  CHECK_THROWS_AS(q.put_nowait(3), queue_full);
  // A short wait for what does not come: the time is the test.
  CHECK_THROWS_AS(q.put_blocking_for(3, 1ms), queue_full);
  CHECK(all_of(q) == std::vector{1, 2});
  CHECK_THROWS_AS(q.get_blocking_for(1ms), queue_empty);
  auto const s = q.statistics();
  CHECK(s.size == 0);
  CHECK(s.maxsize == 2);
  CHECK(s.puts == 2);
  CHECK(s.gets == 2);
  CHECK(s.bytes == 0);
}

TEST_CASE("a task waits for an item of another process, and for a place", "[process][process_queue]") {
  process_queue<int> questions(1), answers(1);
  forked child([&] {
    for (int question = questions.get_blocking(); question >= 0; question = questions.get_blocking())
      answers.put_blocking(2 * question);
    return 0;
  });
  run_real([&]() -> task<> {
    int sum = 0;
    auto ask = [&]() -> task<> {
      for (int i = 0; i < 100; ++i) co_await questions.put(i);
      co_await questions.put(-1);
    };
    auto const asking = spawn(ask);
    for (int i = 0; i < 100; ++i) sum += co_await answers.get();
    co_await asking;
    CHECK(sum == 99 * 100);
  });
  CHECK(child.wait() == 0);
}

TEST_CASE("a queue reaches another process as an argument", "[process][process_queue]") {
  process_queue<int> q(3);
  process_queue<int> other = passed(q);
  q.put_nowait(1);
  other.put_nowait(2);
  CHECK(other.statistics().maxsize == 3);
  CHECK(all_of(other) == std::vector{1, 2});
  CHECK(q.empty());
}

TEST_CASE("a queue gives the memory of large items back", "[process][process_queue]") {
  process_queue<std::vector<char>> q;
  auto const blocks = [&] {
    message_writer out;
    out(q);
    struct stat status;
    fstat(out.descriptors()[0], &status);
    return status.st_blocks * 512;
  };
  std::vector<char> const large(8 << 20, 'x');
  q.put_nowait(large);
  q.put_nowait(large);
  CHECK(blocks() >= 16 << 20);
  CHECK(q.get_nowait() == large);
  CHECK(blocks() < 9 << 20);
  q.put_nowait(large);
  CHECK(q.get_nowait() == large);
  CHECK(q.get_nowait() == large);
  CHECK(blocks() < 1 << 20);
  for (int i = 0; i < 10; ++i) {
    q.put_nowait(large);
    q.get_nowait();
  }
  CHECK(blocks() < 1 << 20);
}

TEST_CASE("a queue that is shut down gives what is left, to everybody who waits too", "[process][process_queue]") {
  process_queue<int> q(2);
  q.put_nowait(1);
  q.shutdown();
  CHECK_THROWS_AS(q.put_nowait(2), queue_shut_down);
  CHECK(q.get_nowait() == 1);
  CHECK_THROWS_AS(q.get_nowait(), queue_shut_down);
  CHECK_THROWS_AS(q.get_blocking(), queue_shut_down);
  CHECK(q.statistics().shut_down);

  process_queue<int> empty, full(1);
  full.put_nowait(1);
  forked gets([&] {
    try {
      empty.get_blocking();
    } catch (queue_shut_down const&) {
      return 1;
    }
    return 0;
  });
  forked puts([&] {
    try {
      full.put_blocking(2);
    } catch (queue_shut_down const&) {
      return 1;
    }
    return 0;
  });
  run_real([&]() -> task<> {
    auto get = [&]() -> task<> { co_await empty.get(); };
    auto const getting = spawn(get);
    co_await yield_now();
    empty.shutdown();
    full.shutdown(true);
    std::string const told = co_await [&]() -> task<std::string> {
      try {
        co_await getting;
      } catch (queue_shut_down const&) {
        co_return "shut down";
      }
      co_return "nothing";
    }();
    CHECK(told == "shut down");
  });
  CHECK(gets.wait() == 1);
  CHECK(puts.wait() == 1);
  CHECK(full.empty());
}

TEST_CASE("a queue that is closed here goes on elsewhere", "[process][process_queue]") {
  process_queue<int> q, other = passed(q);
  q.put_nowait(1);
  process_queue<int> copy = q;
  q.close();
  q.close();
  CHECK(q.is_closed());
  CHECK(copy.is_closed());
  CHECK_THROWS_AS(q.put_nowait(2), std::logic_error);
  CHECK_THROWS_AS(copy.get_nowait(), std::logic_error);
  CHECK_THROWS_AS(q.get(), std::logic_error);
  CHECK_THROWS_AS(q.put(1), std::logic_error);
  CHECK(other.get_nowait() == 1);
  process_queue<int> const moved = std::move(other);
  CHECK_THROWS_WITH(other.size(), ContainsSubstring("moved from"));
}

TEST_CASE("a queue is not closed under a task that waits", "[process][process_queue]") {
  process_queue<int> q;
  run_real([&]() -> task<> {
    auto get = [&]() -> task<int> { co_return co_await q.get(); };
    auto const getting = spawn(get);
    co_await yield_now();
    CHECK_THROWS_WITH(q.close(), ContainsSubstring("waits"));
    q.put_nowait(3);
    int const got = co_await getting;
    CHECK(got == 3);
    q.close();
  });
}

TEST_CASE("a queue refuses to block a loop, and items with descriptors", "[process][process_queue]") {
  process_queue<int> q;
  process_queue<unique_fd> of_descriptors;
  CHECK_THROWS_WITH(of_descriptors.put_nowait(unique_fd(dup(0))), ContainsSubstring("process_pipe"));
  CHECK(of_descriptors.empty());
  run_real([&]() -> task<> {
    CHECK_THROWS_WITH(q.get_blocking(), ContainsSubstring("would block the loop"));
    CHECK_THROWS_WITH(q.put_blocking(1), ContainsSubstring("would block the loop"));
    co_return;
  });
}

TEST_CASE("cancelled at every await, a queue loses no item", "[process][process_queue][cancel]") {
  auto const body = []() -> task<> {
    process_queue<int> q(1);
    int got = 0;
    auto produce = [&]() -> task<> {
      for (int i = 1; i <= 3; ++i) co_await q.put(i);
    };
    auto consume = [&]() -> task<> {
      for (int i = 1; i <= 3; ++i) {
        int const item = co_await q.get();
        if (item != got + 1) throw std::logic_error("lost or doubled");
        got = item;
      }
    };
    co_await gather(produce(), consume());
  };
  CHECK(problems_when_cancelled(body) == trace{});
}

TEST_CASE("an item for which there is no memory is refused, and the queue goes on", "[process][process_queue]") {
  auto const child = in_child([] {
    std::signal(SIGXFSZ, SIG_IGN);
    process_queue<std::string> q;
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    rlimit const little{200'000, limit.rlim_max};  // what a file may hold stands for what the memory holds
    setrlimit(RLIMIT_FSIZE, &little);
    q.put_nowait("first");
    int told = 0;
    try {
      q.put_nowait(std::string(50'000, 'x') + std::string(150'000, 'y'));
    } catch (std::system_error const& e) {
      if (std::string_view(e.what()).starts_with("message of 200008 bytes: ")) told = 1;
    }
    try {
      for (int i = 0; i < 10; ++i) q.put_nowait(std::string(50'000, 'x'));
    } catch (std::system_error const& e) {
      if (std::string_view(e.what()).starts_with("put an item of 50008 bytes into a process_queue: ")) told += 2;
    }
    bool const goes_on = q.size() == 4 && q.get_nowait() == "first" && q.get_nowait().size() == 50'000;
    return told == 3 && goes_on ? 0 : told + 10;
  });
  CHECK(child.exit_code == 0);
}

TEST_CASE("queues leave no descriptors", "[process][process_queue]") {
  std::size_t const before = open_descriptors();
  {
    process_queue<std::string> q, other = passed(q);
    q.put_nowait(std::string(200'000, 'x'));
    other.get_nowait();
    CHECK(open_descriptors() > before);
    q.close();
  }
  CHECK(open_descriptors() == before);
}
