// SPDX-License-Identifier: MIT
#include "../../support/descriptors.hpp"
#include "../../support/fixture.hpp"

#include <halka/halka.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <system_error>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using testing::link_options;
using testing::make_linked_streams;
using testing::run_test;

TEST_CASE("bytes arrive after the latency, in order, and so does the end", "[testing][link]") {
  auto const body = []() -> task<trace> {
    trace log;
    auto [a, b] = make_linked_streams({.latency = 50ms});
    auto const start = clock::now();
    auto note = [&](std::string const& what) { log.push_back(what + " " + std::to_string((clock::now() - start) / 1ms)); };
    co_await a.write("one ");
    co_await sleep(20ms);
    co_await a.write("two");
    a.close();
    note("written");
    while (true) {
      std::string const got = co_await b.read(100);
      note(got.empty() ? "end" : got);
      if (got.empty()) break;
    }
    co_return log;
  };
  CHECK(run_test(body) == trace{"written 20", "one  50", "two 70", "end 70"});
}

TEST_CASE("both ways of a link work at once, and half of it may end", "[testing][link]") {
  auto const body = []() -> task<> {
    auto [a, b] = make_linked_streams({.latency = 5ms});
    auto echo = [&]() -> task<> {
      std::string const got = co_await b.read_all();
      co_await b.write("echo of " + got);
      b.close();
    };
    auto const echoing = spawn(echo);
    co_await a.write("text");
    co_await a.write_eof();
    std::string const answer = co_await a.read_all();
    CHECK(answer == "echo of text");
    co_await echoing;
  };
  run_test(body);
}

TEST_CASE("a slow link takes its time", "[testing][link]") {
  auto const body = []() -> task<clock::duration> {
    auto [a, b] = make_linked_streams({.bytes_per_second = 1000});
    auto const start = clock::now();
    auto send = [&]() -> task<> { co_await a.write(std::string(5000, 'x')); };
    auto const sending = spawn(send);
    co_await b.read_exactly(5000);
    co_await sending;
    co_return clock::now() - start;
  };
  CHECK(run_test(body) == 5s);
}

TEST_CASE("pieces and jitter keep the bytes and their order", "[testing][link]") {
  auto const body = [](fuzz_random& random) -> task<> {
    auto [a, b] = make_linked_streams({.latency = 1ms, .jitter = 20ms, .largest_piece = 7, .window = 50, .seed = random.next()});
    std::string sent;
    for (int i = 0; i < 1000; ++i) sent += static_cast<char>('a' + random.below(26));
    auto send = [&]() -> task<> {
      co_await a.write(sent);
      a.close();
    };
    auto const sending = spawn(send);
    std::string got;
    std::size_t largest = 0;
    while (true) {
      std::string const piece = co_await b.read(100);
      if (piece.empty()) break;
      largest = std::max(largest, piece.size());
      got += piece;
    }
    co_await sending;
    if (got != sent) throw boom("other bytes");
    if (largest > 60) throw boom("a piece of " + std::to_string(largest));
  };
  testing::fuzz(body, {.seeds = 50});
}

TEST_CASE("after a reset both ends get an error", "[testing][link]") {
  auto const body = []() -> task<> {
    auto [a, b] = make_linked_streams({.reset_after = 10});
    co_await a.write("12345");
    std::string const got = co_await b.read(5);
    CHECK(got == "12345");
    co_await a.write("67890");
    std::string errors;
    for (stream* s : {&a, &b}) {
      try {
        co_await s->read(5);
      } catch (std::system_error const& e) {
        errors += e.code() == std::errc::connection_reset ? "reset " : e.what();
      }
      try {
        co_await s->write("more");
      } catch (std::system_error const& e) {
        errors += e.code() == std::errc::connection_reset ? "reset " : e.what();
      }
    }
    CHECK(errors == "reset reset reset reset ");
  };
  run_test(body);
}

TEST_CASE("a writer learns that the reader has gone", "[testing][link]") {
  auto const body = []() -> task<bool> {
    auto [a, b] = make_linked_streams({.latency = 1ms});
    b.close();
    try {
      for (int i = 0; i < 100; ++i) {
        co_await a.write("text");
        co_await sleep(1ms);
      }
    } catch (std::system_error const& e) {
      co_return e.code() == std::errc::broken_pipe;
    }
    co_return false;
  };
  CHECK(run_test(body));
}

TEST_CASE("a link leaves no descriptor, however it ends", "[testing][link]") {
  run_test([]() -> task<> { co_await yield_now(); });
  std::size_t const before = open_descriptors();
  auto const body = []() -> task<> {
    auto [a, b] = make_linked_streams({.latency = 1s});
    co_await a.write("under way at the end");
    auto [c, d] = make_linked_streams();
    c.close();
    d.close();
    co_await settle();
  };
  run_test(body);
  CHECK(open_descriptors() == before);
  CHECK_THROWS_AS(run_test([]() -> task<> {
                    make_linked_streams({.latency = -1s});
                    co_return;
                  }),
                  std::invalid_argument);
}

TEST_CASE("a conversation over a link holds when it is cancelled anywhere", "[testing][link][cancel]") {
  auto const body = []() -> task<> {
    auto [a, b] = make_linked_streams({.latency = 2ms});
    auto ask = [&]() -> task<> {
      co_await a.write("question\n");
      co_await a.read_line();
      a.close();
    };
    auto reply = [&]() -> task<> {
      co_await b.read_line();
      co_await b.write("answer\n");
      b.close();
    };
    co_await gather(ask(), reply());
  };
  run_test(body, {.cancel_everywhere = true, .rules = {.may_outlive = true}});  // bytes may be under way
}
