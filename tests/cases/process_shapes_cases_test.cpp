// SPDX-License-Identifier: MIT
// Queues and pipes between processes, as multiprocessing has them.
#include "../support/fixture.hpp"
#include "../support/forked.hpp"

#include <halka/halka.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

template <class Pipe>
concept sends = requires(Pipe p) {
  p.send(1);
};
template <class Pipe>
concept receives = requires(Pipe p) {
  p.receive();
};

}  // namespace

TEST_CASE("a process queue keeps the order, tells full and empty in time, and keeps what a child put before its end",
          "[case][PROC-14][process]") {
  process_queue<int> q(2);
  q.put_blocking(1);
  q.put_blocking(2);
  CHECK_THROWS_AS(q.put_nowait(3), queue_full);
  auto const begin = clock::now();
  CHECK_THROWS_AS(q.put_blocking_for(3, 50ms), queue_full);
  CHECK(clock::now() - begin >= 50ms);
  CHECK(q.get_blocking() == 1);
  CHECK(q.get_blocking() == 2);
  auto const empty = clock::now();
  CHECK_THROWS_AS(q.get_blocking_for(50ms), queue_empty);
  CHECK(clock::now() - empty >= 50ms);

  process_queue<int> numbers;
  forked child([&] {
    for (int i = 10; i < 20; ++i) numbers.put_blocking(i);
    return 0;
  });
  CHECK(child.wait() == 0);
  std::vector<int> got;
  for (int i = 0; i < 10; ++i) got.push_back(numbers.get_blocking());
  CHECK(got == std::vector{10, 11, 12, 13, 14, 15, 16, 17, 18, 19});

  numbers.close();
  CHECK_THROWS_AS(numbers.put_nowait(1), std::logic_error);
  CHECK_THROWS_AS(numbers.get_nowait(), std::logic_error);
}

TEST_CASE("a child with 4 MiB in a queue ends before they are got", "[case][PROC-14][process]") {
  process_queue<std::string> q;
  forked child([&] {
    q.put_blocking(std::string(4 << 20, 'x'));
    return 0;
  });
  CHECK(child.wait() == 0);  // joined before the get
  CHECK(q.get_blocking() == std::string(4 << 20, 'x'));
}

TEST_CASE("a pipe echoes messages whole, polls, ends with its peer, and has ends of one direction", "[case][PROC-15][process]") {
  auto ends = make_process_pipe<std::string>();
  auto& [a, b] = ends;
  forked child([&] {
    a.close();
    while (auto text = b.receive_blocking()) b.send_blocking(*text);
    return 0;
  });
  b.close();
  run_real([&]() -> task<> {
    std::vector<std::string> const texts{"", "a", std::string(16 << 20, 'x'), "b"};
    for (std::string const& text : texts) co_await a.send(text);  // sent together: they do not merge
    for (std::string const& text : texts) {
      std::optional<std::string> const echo = co_await a.receive();
      CHECK((echo == text));
    }
  });
  CHECK_FALSE(a.can_receive());
  a.send_blocking("again");
  CHECK(a.receive_blocking() == "again");
  a.close();
  CHECK(child.wait() == 0);

  auto second = make_process_pipe<int>();
  forked closes([&] {
    second.first.close();
    second.second.send_blocking(1);
    return 0;
  });
  second.second.close();
  CHECK(second.first.receive_blocking() == 1);
  CHECK(second.first.receive_blocking() == std::nullopt);
  CHECK(second.first.can_receive());
  CHECK(closes.wait() == 0);

  // One-way ends have no function for the wrong direction.
  STATIC_CHECK(receives<process_pipe_receiver<int>> && !sends<process_pipe_receiver<int>>);
  STATIC_CHECK(sends<process_pipe_sender<int>> && !receives<process_pipe_sender<int>>);
}

TEST_CASE("of several pipes those that are ready are told", "[case][PROC-15][process]") {
  auto first = make_one_way_process_pipe<int>();
  auto second = make_one_way_process_pipe<int>();
  run_real([&]() -> task<> {
    auto const none = co_await race(first.first.wait_receivable(), second.first.wait_receivable(), sleep(10ms));
    CHECK(none.index() == 2);
    co_await second.second.send(1);
    auto const one = co_await race(first.first.wait_receivable(), second.first.wait_receivable(), sleep(10s));
    CHECK(one.index() == 1);
  });
}
