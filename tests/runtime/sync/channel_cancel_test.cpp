// SPDX-License-Identifier: MIT
#include "../../support/cancel_everywhere.hpp"
#include "../../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

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

}  // namespace

TEST_CASE("a task whose sends and receives never wait lets others run", "[runtime][channel][cancel]") {
  run_virtual([]() -> task<> {
    channel<int> ch(1);
    int sent = 0, received = 0;
    auto t = spawn([&]() -> task<> {
      while (true) {
        co_await ch.send(sent);
        ++sent;
        auto const item = co_await ch.receive();
        if (item) ++received;
      }
    });
    for (int i = 0; i < 9; ++i) {
      co_await yield_now();
      CHECK_FALSE(t.done());
    }
    t.cancel();
    co_await settle();
    CHECK(t.cancelled());
    CHECK(sent > 1000);
    CHECK(sent == received + static_cast<int>(ch.size()));
  });
}

TEST_CASE("a receiver waits for an item of a closed channel that is promised to another, and gets it if that is cancelled",
          "[runtime][channel][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    channel<int> ch(1);
    auto a = spawn(receive_and_note, ch, "a", std::ref(log));
    spawn(receive_and_note, ch, "b", std::ref(log));
    spawn(receive_and_note, ch, "c", std::ref(log));
    co_await settle();
    co_await ch.send(1);
    ch.close();
    a.cancel();
    co_await settle();
    CHECK(a.cancelled());
  });
  CHECK(log == trace{"b1", "c none"});
}

TEST_CASE("a send that is cancelled while it waits did not happen", "[runtime][channel][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    channel<int> ch(0);
    auto a = spawn(send_and_note, ch, 1, std::ref(log));
    auto b = spawn(send_and_note, ch, 2, std::ref(log));
    co_await settle();
    a.cancel();
    CHECK(ch.statistics().senders_waiting == 1);
    auto item = co_await ch.receive();
    CHECK(item == 2);
    co_await b;
    CHECK(a.cancelled());
  });
  CHECK(log == trace{"cancelled 1", "sent 2"});
}

TEST_CASE("a send whose item was received has happened, and its cancellation is delivered at the next suspension",
          "[runtime][channel][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    channel<int> ch(0);
    auto t = spawn([&]() -> task<> {
      co_await ch.send(1);
      log.push_back("sent");
      co_await sleep(1s);
      log.push_back("never");
    });
    co_await settle();
    CHECK(ch.try_receive() == 1);
    t.cancel();
    co_await settle();
    CHECK(t.cancelled());
  });
  CHECK(log == trace{"sent"});
}

TEST_CASE("items that cancelled receivers were given are the next to be received, in order", "[runtime][channel][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    for (bool forwards : {true, false}) {
      channel<int> ch(4);
      auto a = spawn(receive_and_note, ch, "a", std::ref(log));
      auto b = spawn(receive_and_note, ch, "b", std::ref(log));
      co_await settle();
      for (int i = 1; i <= 4; ++i) co_await ch.send(i);
      CHECK(ch.size() == 2);
      if (forwards) a.cancel();
      b.cancel();
      if (!forwards) a.cancel();
      co_await settle();
      CHECK(ch.size() == 4);
      for (int i = 1; i <= 4; ++i) {
        auto item = co_await ch.receive();
        CHECK(item == i);
      }
      CHECK(ch.statistics().received == 4);
    }
  });
  CHECK(log == trace{});
}

TEST_CASE("an item that a cancelled receiver was given goes to the next who waits", "[runtime][channel][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    channel<int> ch(0);
    auto a = spawn(receive_and_note, ch, "a", std::ref(log));
    spawn(receive_and_note, ch, "b", std::ref(log));
    co_await settle();
    CHECK(ch.try_send(1));
    a.cancel();
    co_await settle();
    CHECK(a.cancelled());
  });
  CHECK(log == trace{"b1"});
}

TEST_CASE("a receiver that a cancelled scope holds gives its item back", "[runtime][channel][cancel]") {
  run_virtual([]() -> task<> {
    channel<int> ch(1);
    cancel_scope scope;
    auto t = spawn([&]() -> task<> {
      auto body = [&]() -> task<> {
        auto const item = co_await ch.receive();
        CHECK_FALSE(item);  // never
      };
      co_await scope.run(body);
    });
    co_await settle();
    co_await ch.send(1);
    scope.cancel();
    co_await t;
    CHECK(scope.cancelled_caught());
    CHECK(ch.try_receive() == 1);
  });
}

TEST_CASE("sends and receives can be cancelled wherever they are", "[runtime][channel][cancel]") {
  for (std::size_t const capacity : {0u, 1u, 3u}) {
    trace const problems = problems_when_cancelled([capacity]() -> task<> {
      channel<counted> ch(capacity);
      auto send = [](channel<counted> to) -> task<> {
        for (int i = 0; i < 4; ++i) co_await to.send(counted(i));
      };
      auto receive = [](channel<counted> from) -> task<> {
        for (int i = 0; i < 4; ++i) {
          auto const item = co_await from.receive();
          CHECK(item.has_value());
        }
      };
      co_await gather(send(ch), receive(ch), receive(ch), send(ch));
    });
    CHECK(problems == trace{});
  }
}

TEST_CASE("an item whose move throws is lost alone, and its sender or receiver is told", "[runtime][channel]") {
  struct fragile {
    explicit fragile(int n, int moves) : number(n), moves_left(moves) {}
    fragile(fragile&& other) : number(other.number), moves_left(other.moves_left - 1) {
      if (moves_left < 0) throw boom();
    }
    int number;
    int moves_left;
  };
  run_virtual([]() -> task<> {
    // Into the operation, the awaiter and the channel: three moves; a fourth takes it out.
    for (int moves : {2, 3}) {
      channel<fragile> ch(0);
      trace log;
      auto send = [&](int number, int allowed) -> task<> {
        try {
          co_await ch.send(fragile(number, allowed));
          log.push_back("sent " + std::to_string(number));
        } catch (boom const&) {
          log.push_back("send failed");
        }
      };
      spawn(send, 1, moves);
      spawn(send, 2, 100);
      co_await settle();
      int got = 0;
      for (int i = 0; i < 2 && got == 0; ++i) {
        try {
          auto const item = co_await ch.receive();
          if (item) got = item->number;
        } catch (boom const&) {
          log.push_back("receive failed");
        }
      }
      co_await settle();
      CHECK(got == 2);
      if (moves == 2)
        CHECK(log == trace{"send failed", "sent 2"});
      else
        CHECK(log == trace{"receive failed", "sent 1", "sent 2"});
      CHECK(ch.statistics().senders_waiting == 0);
      CHECK(ch.size() == 0);
    }
  });
}
