// SPDX-License-Identifier: MIT
#include "../../support/scenario.hpp"

#include <halka/halka.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// What waits at one of several things, as a race takes it.
using contenders = std::vector<task<int>>;

task<int> receive_one(channel<int> ch) {
  auto const item = co_await ch.receive();
  co_return item.value();
}

task<int> take_permit(semaphore& s, int number) {
  co_await s.acquire();
  co_return number;
}

std::vector<channel<int>> make_channels(std::size_t n, std::size_t capacity) {
  std::vector<channel<int>> channels;
  for (std::size_t i = 0; i < n; ++i) channels.emplace_back(capacity);
  return channels;
}

std::size_t items_in(std::vector<channel<int>> const& channels) {
  std::size_t n = 0;
  for (channel<int> const& ch : channels) n += ch.size();
  return n;
}

}  // namespace

TEST_CASE("of several ready channels a race takes one item, and the others keep theirs", "[runtime][channel][race]") {
  for (std::size_t n = 2; n <= 5; ++n)
    for (bool waits_first : {false, true})
      for (bool forwards : {true, false})
        for (std::size_t const capacity : {0u, 1u}) {
          if (capacity == 0 && !waits_first) continue;
          INFO(n << " channels of " << capacity << ", waits first: " << waits_first << ", in order: " << forwards);
          run_virtual([&]() -> task<> {
            auto channels = make_channels(n, capacity);
            auto fill = [&] {
              for (std::size_t i = 0; i < n; ++i) CHECK(channels[forwards ? i : n - 1 - i].try_send(1));
            };
            if (!waits_first) fill();
            auto t = spawn([&]() -> task<> {
              contenders all;
              for (channel<int> const& ch : channels) all.push_back(receive_one(ch));
              auto const r = co_await race(std::move(all));
              CHECK(r.value == 1);
              CHECK(r.index == (forwards || !waits_first ? 0 : n - 1));
            });
            co_await settle();
            if (waits_first) fill();
            co_await t;
            CHECK(items_in(channels) == n - 1);
            for (channel<int> const& ch : channels) CHECK(ch.statistics().receivers_waiting == 0);
          });
        }
}

TEST_CASE("a race takes operations as they are", "[runtime][channel][race]") {
  run_virtual([]() -> task<> {
    channel<int> a(1), b(1);
    co_await a.send(1);
    co_await b.send(2);
    auto first = co_await race(a.receive(), b.receive());
    CHECK(first.index() == 0);
    CHECK(std::get<0>(first) == 1);
    CHECK(b.size() == 1);
    auto second = co_await race(a.receive(), b.receive(), sleep(1s));
    CHECK(second.index() == 1);
    CHECK(std::get<1>(second) == 2);
    auto third = co_await race(a.receive(), b.receive(), sleep(1s));
    CHECK(third.index() == 2);
  });
}

TEST_CASE("of several free semaphores a race takes one permit", "[runtime][semaphore][race]") {
  for (bool waits_first : {false, true})
    run_virtual([&]() -> task<> {
      semaphore a(0), b(0), c(0);
      auto release_all = [&] {
        c.release();
        b.release();
        a.release();
      };
      if (!waits_first) release_all();
      auto t = spawn([&]() -> task<> {
        auto const r = co_await race(take_permit(a, 1), take_permit(b, 2), take_permit(c, 3));
        CHECK(r.index() == (waits_first ? 2 : 0));
      });
      co_await settle();
      if (waits_first) release_all();
      co_await t;
      CHECK(a.statistics().permits + b.statistics().permits + c.statistics().permits == 2);
    });
}

TEST_CASE("a race over running tasks takes one item", "[runtime][channel][race]") {
  run_virtual([]() -> task<> {
    channel<int> a(1), b(1);
    auto ta = create_task(receive_one(a));
    auto tb = create_task(receive_one(b));
    co_await settle();
    co_await b.send(2);
    co_await a.send(1);
    std::vector<task_handle<int>> handles{ta, tb};
    auto const r = co_await race(handles);
    CHECK(r.index == 1);
    CHECK(r.value == 2);
    CHECK(ta.cancelled());
    CHECK(a.size() == 1);
  });
}

TEST_CASE("a race that is cancelled, in whatever pass, loses no item", "[runtime][channel][race][cancel]") {
  int taken_in_the_end = 0, not_taken = 0;
  for (int fill_in = 0; fill_in < 4; ++fill_in)
    for (int cancel_in = 0; cancel_in < 12; ++cancel_in)
      for (bool in_a_callback : {false, true}) {
        INFO("filled in pass " << fill_in << ", cancelled in pass " << cancel_in);
        run_virtual([&]() -> task<> {
          auto channels = make_channels(3, 1);
          std::size_t received = 0;
          auto t = spawn([&]() -> task<> {
            auto const r = co_await race(channels[0].receive(), receive_one(channels[1]), channels[2].receive());
            received += r.index() < 3 ? 1 : 0;
            co_await sleep(1s);
          });
          for (int pass = 0; pass < 20; ++pass) {
            if (pass == fill_in)
              for (auto& ch : channels) CHECK(ch.try_send(1));
            if (pass == cancel_in) {
              if (in_a_callback)
                get_running_loop().call_soon([&] { t.cancel(); });
              else
                t.cancel();
            }
            co_await yield_now();
          }
          CHECK(t.cancelled());
          CHECK(received + items_in(channels) == 3);
          ++(received == 1 ? taken_in_the_end : not_taken);
        });
      }
  CHECK(taken_in_the_end > 10);
  CHECK(not_taken > 10);
}
