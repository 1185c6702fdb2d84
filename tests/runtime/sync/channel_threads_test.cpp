// SPDX-License-Identifier: MIT
// Between threads, on the wall clock: the other end is a real thread. tests/soak/messages.cpp does the same with many.
#include "../../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("a channel carries items from one loop to another and back", "[runtime][channel][threads]") {
  channel<int> there(0), back(0);
  std::thread other([&] {
    run_real([&]() -> task<> {
      while (auto item = co_await there.receive()) co_await back.send(*item + 1);
      back.close();
    });
  });
  run_real([&]() -> task<> {
    int wrong = 0;
    for (int i = 0; i < 1000; ++i) {
      co_await there.send(i);
      auto const answer = co_await back.receive();
      if (answer != i + 1) ++wrong;
    }
    CHECK(wrong == 0);
    there.close();
    auto const end = co_await back.receive();
    CHECK_FALSE(end);
  });
  other.join();
}

TEST_CASE("plain threads send and receive beside loops, and block", "[runtime][channel][threads]") {
  channel<int> ch(1), back(0);
  std::vector<int> got;
  std::thread consumer([&] {
    while (auto item = ch.receive_blocking()) got.push_back(*item);
    back.send_blocking(7);
  });
  run_real([&]() -> task<> {
    for (int i = 0; i < 100; ++i) co_await ch.send(i);
    ch.close();
    auto const answer = co_await back.receive();
    CHECK(answer == 7);
  });
  consumer.join();
  REQUIRE(got.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(got[static_cast<std::size_t>(i)] == i);
  CHECK_THROWS_AS(ch.send_blocking(1), queue_shut_down);
  CHECK_FALSE(ch.receive_blocking());
}

TEST_CASE("a receiver that another thread gave an item and that is cancelled before it has come gives it back",
          "[runtime][channel][threads][cancel]") {
  channel<int> ch(0);
  run_real([&]() -> task<> {
    auto t = spawn([&]() -> task<> { static_cast<void>(co_await ch.receive()); });
    co_await yield_now();
    co_await yield_now();
    std::thread([&] { CHECK(ch.try_send(5)); }).join();
    CHECK(ch.size() == 0);
    t.cancel();  // what was granted lies in the mailbox of this loop
    while (!t.done()) co_await yield_now();
    CHECK(t.cancelled());
    CHECK(ch.try_receive() == 5);
  });
}

TEST_CASE("a send that another thread took and that is cancelled before it has come has happened",
          "[runtime][channel][threads][cancel]") {
  channel<int> ch(0);
  run_real([&]() -> task<> {
    bool sent = false;
    auto t = spawn([&]() -> task<> {
      co_await ch.send(5);
      sent = true;
      co_await sleep(1h);
    });
    co_await yield_now();
    co_await yield_now();
    std::thread([&] { CHECK(ch.try_receive() == 5); }).join();
    t.cancel();
    while (!t.done()) co_await yield_now();
    CHECK(t.cancelled());
    CHECK(sent);
  });
}

TEST_CASE("an item on its way to a loop that is closed comes to the next receiver", "[runtime][channel][threads]") {
  captured_reports reports;
  channel<int> ch(1);
  auto receive = [](channel<int> from) -> task<> { static_cast<void>(co_await from.receive()); };
  event_loop loop(std::make_unique<virtual_clock>());
  loop.call_soon([&] { spawn(receive, ch); });
  for (int i = 0; i < 2; ++i) {
    loop.stop();
    loop.run_forever();
  }
  CHECK(ch.statistics().receivers_waiting == 1);
  std::thread([&] { CHECK(ch.try_send(5)); }).join();
  CHECK(ch.size() == 0);
  loop.close();
  CHECK(ch.size() == 1);
  CHECK(ch.try_receive() == 5);
}

TEST_CASE("what is sent while a loop is being closed passes its receivers over", "[runtime][channel]") {
  captured_reports reports;
  channel<int> ch(0);
  struct sends_when_destroyed {
    explicit sends_when_destroyed(channel<int> c, bool& s) : to(std::move(c)), sent(s) {}
    sends_when_destroyed(sends_when_destroyed const&) = delete;
    sends_when_destroyed& operator=(sends_when_destroyed const&) = delete;
    ~sends_when_destroyed() { sent = to.try_send(5); }
    channel<int> to;
    bool& sent;
  };
  bool sent = false;
  auto hold = [&]() -> task<> {
    sends_when_destroyed const held(ch, sent);
    co_await sleep(1h);
  };
  auto receive = [](channel<int> from) -> task<> { static_cast<void>(co_await from.receive()); };
  event_loop loop(std::make_unique<virtual_clock>());
  loop.call_soon([&] {
    spawn(hold);
    spawn(receive, ch);
    spawn(receive, ch);
  });
  for (int i = 0; i < 2; ++i) {
    loop.stop();
    loop.run_forever();
  }
  CHECK(ch.statistics().receivers_waiting == 2);
  loop.close();
  CHECK(sent);
  CHECK(ch.statistics().receivers_waiting == 0);
  CHECK(ch.try_receive() == 5);
}
