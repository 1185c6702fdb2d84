// SPDX-License-Identifier: MIT
#include "../../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> send_and_note(channel<int> ch, int n, trace& log) {
  std::string how = "sent ";
  try {
    co_await ch.send(n);
  } catch (queue_shut_down const&) {
    how = "shut down ";
  } catch (cancelled_error const&) {
    log.push_back("cancelled " + std::to_string(n));
    throw;
  }
  log.push_back(how + std::to_string(n));
}

task<> receive_and_note(channel<int> ch, std::string name, trace& log) {
  std::optional<int> const item = co_await ch.receive();
  log.push_back(name + (item ? std::to_string(*item) : " none"));
}

task<> receive_all(channel<int> ch, std::vector<int>& got) {
  while (auto item = co_await ch.receive()) got.push_back(*item);
}

}  // namespace

TEST_CASE("a channel hands each item over once, in order, and holds no more than its capacity", "[runtime][channel]") {
  std::vector<int> got;
  std::size_t most = 0;
  run_virtual([&]() -> task<> {
    channel<int> ch(3);
    auto consumer = spawn(receive_all, ch, std::ref(got));
    auto producer = spawn([&]() -> task<> {
      for (int i = 0; i < 100; ++i) {
        co_await ch.send(i);
        most = std::max(most, ch.size());
      }
      ch.close();
    });
    co_await producer;
    co_await consumer;
    channel_statistics const s = ch.statistics();
    CHECK(s.sent == 100);
    CHECK(s.received == 100);
  });
  CHECK(got.size() == 100);
  CHECK(std::ranges::is_sorted(got));
  CHECK(most <= 3);
}

TEST_CASE("a send waits while the channel is full, and senders are served in the order in which they came", "[runtime][channel]") {
  trace log;
  run_virtual([&]() -> task<> {
    channel<int> ch(1);
    for (int i = 1; i <= 3; ++i) spawn(send_and_note, ch, i, std::ref(log));
    co_await settle();
    CHECK(log == trace{"sent 1"});
    CHECK(ch.statistics().senders_waiting == 2);
    CHECK(ch.size() == 1);
    for (int i = 1; i <= 3; ++i) {
      auto item = co_await ch.receive();
      CHECK(item == i);
    }
    co_await settle();
  });
  CHECK(log == trace{"sent 1", "sent 2", "sent 3"});
}

TEST_CASE("receivers are served in the order in which they came, and nobody barges in", "[runtime][channel]") {
  trace log;
  run_virtual([&]() -> task<> {
    channel<int> ch(2);
    spawn(receive_and_note, ch, "a", std::ref(log));
    spawn(receive_and_note, ch, "b", std::ref(log));
    co_await settle();
    CHECK(ch.statistics().receivers_waiting == 2);
    co_await ch.send(1);
    CHECK(ch.size() == 0);  // it is a's already
    CHECK_FALSE(ch.try_receive());
    co_await ch.send(2);
    spawn(receive_and_note, ch, "c", std::ref(log));
    co_await settle();
    CHECK(log == trace{"a1", "b2"});
    co_await ch.send(3);
    co_await settle();
  });
  CHECK(log == trace{"a1", "b2", "c3"});
}

TEST_CASE("without capacity a send waits for its receiver", "[runtime][channel]") {
  trace log;
  run_virtual([&]() -> task<> {
    channel<int> ch(0);
    CHECK_FALSE(ch.try_send(7));
    spawn(send_and_note, ch, 1, std::ref(log));
    spawn(send_and_note, ch, 2, std::ref(log));
    co_await settle();
    CHECK(log == trace{});
    CHECK(ch.size() == 0);
    auto first = co_await ch.receive();
    CHECK(first == 1);
    CHECK(ch.try_receive() == 2);
    co_await settle();
    CHECK(log == trace{"sent 1", "sent 2"});

    spawn(receive_and_note, ch, "a", std::ref(log));
    co_await settle();
    CHECK(ch.try_send(3));
    CHECK_FALSE(ch.try_send(4));
    co_await settle();
  });
  CHECK(log == trace{"sent 1", "sent 2", "a3"});
}

TEST_CASE("sending into free room and receiving what is there do not suspend", "[runtime][channel]") {
  run_virtual([]() -> task<> {
    channel<int> ch(2);
    auto const before = get_running_loop().statistics().passes;
    co_await ch.send(1);
    co_await ch.send(2);
    auto a = co_await ch.receive();
    auto b = co_await ch.receive();
    CHECK(a == 1);
    CHECK(b == 2);
    CHECK(get_running_loop().statistics().passes == before);
  });
}

TEST_CASE("closing a channel refuses sends, also waiting ones, and lets the items that are in it be received",
          "[runtime][channel]") {
  trace log;
  run_virtual([&]() -> task<> {
    channel<int> ch(1);
    co_await ch.send(1);
    spawn(send_and_note, ch, 2, std::ref(log));
    co_await settle();
    CHECK_FALSE(ch.is_closed());
    ch.close();
    ch.close();
    CHECK(ch.is_closed());
    co_await send_and_note(ch, 3, log);
    co_await settle();
    CHECK_THROWS_AS(ch.try_send(4), queue_shut_down);
    auto a = co_await ch.receive();
    CHECK(a == 1);
    auto b = co_await ch.receive();
    CHECK_FALSE(b);
    CHECK_FALSE(ch.try_receive());
  });
  CHECK(log == trace{"shut down 3", "shut down 2"});
}

TEST_CASE("closing a channel ends all receivers that wait", "[runtime][channel]") {
  trace log;
  run_virtual([&]() -> task<> {
    channel<int> ch(1);
    for (char const* name : {"a", "b", "c"}) spawn(receive_and_note, ch, std::string(name), std::ref(log));
    co_await settle();
    co_await ch.send(1);
    ch.close();
    co_await settle();
  });
  CHECK(log == trace{"a1", "b none", "c none"});
}

TEST_CASE("a channel takes items that can only be moved and have no default", "[runtime][channel]") {
  struct item {
    explicit item(int n) : value(std::make_unique<int>(n)) {}
    std::unique_ptr<int> value;
  };
  run_virtual([]() -> task<> {
    channel<item> ch(1);
    co_await ch.send(item(1));
    item second(2);
    CHECK_FALSE(ch.try_send(std::move(second)));
    REQUIRE(second.value);  // untouched
    auto first = co_await ch.receive();
    REQUIRE(first);
    CHECK(*first->value == 1);
    CHECK(ch.try_send(std::move(second)));
    auto taken = ch.try_receive();
    REQUIRE(taken);
    CHECK(*taken->value == 2);
  });
}

TEST_CASE("copies of a channel are the same channel, and one that was moved from is refused", "[runtime][channel]") {
  channel<int> a(1);
  channel<int> b = a;
  channel<int> other(1);
  CHECK(a == b);
  CHECK_FALSE(a == other);
  CHECK(a.capacity() == 1);
  CHECK(a.try_send(5));
  CHECK(b.try_receive() == 5);
  channel<int> c = std::move(a);
  CHECK(c == b);
  CHECK_THROWS_AS(a.size(), std::logic_error);
  CHECK_THROWS_AS(a.receive(), std::logic_error);
}

TEST_CASE("items that nobody received are destroyed with the channel", "[runtime][channel]") {
  {
    channel<counted> ch(3);
    CHECK(ch.try_send(counted(1)));
    CHECK(ch.try_send(counted(2)));
    CHECK(counted::alive == 2);
  }
  CHECK(counted::alive == 0);
}

TEST_CASE("the loop that ends withdraws its waiters, and what they were given stays in the channel", "[runtime][channel]") {
  captured_reports reports;
  channel<int> in(1), out(0);
  {
    event_loop loop(std::make_unique<virtual_clock>());
    auto a = [](channel<int> ch) -> task<> { static_cast<void>(co_await ch.receive()); };
    auto b = [](channel<int> ch) -> task<> { co_await ch.send(9); };
    loop.call_soon([&] {
      create_task(a(in));
      create_task(a(in));
      create_task(b(out));
    });
    loop.stop();
    loop.run_forever();
    loop.stop();
    loop.run_forever();
    CHECK(in.statistics().receivers_waiting == 2);
    CHECK(out.statistics().senders_waiting == 1);
    CHECK(in.try_send(1));
    CHECK(in.size() == 0);
    loop.close();
  }
  CHECK(in.statistics().receivers_waiting == 0);
  CHECK(out.statistics().senders_waiting == 0);
  CHECK(in.size() == 1);
  CHECK(in.try_receive() == 1);
  CHECK_FALSE(out.try_receive());
}

TEST_CASE("the blocking ends are refused on a loop's thread", "[runtime][channel]") {
  run_virtual([]() -> task<> {
    channel<int> ch(1);
    CHECK_THROWS_AS(ch.send_blocking(1), std::logic_error);
    CHECK_THROWS_AS(ch.receive_blocking(), std::logic_error);
    co_await yield_now();
  });
}

TEST_CASE("a channel that nobody serves is a deadlock to a loop that can know it", "[runtime][channel]") {
  captured_reports reports;
  CHECK(kind_thrown([] {
          run_virtual([]() -> task<> {
            channel<int> ch(1);
            static_cast<void>(co_await ch.receive());
          });
        }) == "deadlock_error");
}
