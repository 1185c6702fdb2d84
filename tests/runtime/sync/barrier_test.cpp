// SPDX-License-Identifier: MIT
#include "../../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> pass_and_note(barrier& b, trace& log, std::string name) {
  try {
    std::size_t const index = co_await b.wait();
    log.push_back(name + std::to_string(index));
  } catch (broken_barrier_error const& e) {
    log.push_back(name + ": " + e.what());
  }
}

}  // namespace

TEST_CASE("the last party goes on at once, the others in the next pass", "[runtime][barrier]") {
  trace log;
  run_virtual([&]() -> task<> {
    barrier b(3);
    CHECK(b.parties() == 3);
    spawn(pass_and_note, std::ref(b), std::ref(log), "a");
    spawn(pass_and_note, std::ref(b), std::ref(log), "b");
    co_await yield_now();
    CHECK(b.n_waiting() == 2);
    auto const passes = get_running_loop().statistics().passes;
    std::size_t const index = co_await b.wait();
    CHECK(index == 2);
    CHECK(get_running_loop().statistics().passes == passes);
    CHECK(b.n_waiting() == 0);
    CHECK(log == trace{});
    co_await yield_now();
  });
  CHECK(log == trace{"a0", "b1"});
}

TEST_CASE("a barrier for one party holds nobody back", "[runtime][barrier]") {
  run_virtual([]() -> task<> {
    barrier b(1);
    for (int i = 0; i < 3; ++i) {
      std::size_t const index = co_await b.wait();
      CHECK(index == 0);
    }
  });
}

TEST_CASE("who comes before those of the last round have gone on waits for the next round", "[runtime][barrier]") {
  trace log;
  run_virtual([&]() -> task<> {
    barrier b(2);
    spawn(pass_and_note, std::ref(b), std::ref(log), "a");
    co_await yield_now();
    co_await b.wait();
    auto early = spawn(pass_and_note, std::ref(b), std::ref(log), "early");
    log.push_back("main waits");
    std::size_t const index = co_await b.wait();  // in the next round, and before `early`
    CHECK(index == 0);
    CHECK(early.done());
  });
  CHECK(log == trace{"main waits", "a0", "early1"});
}

TEST_CASE("a cancelled task that all had met does not stop the others", "[runtime][barrier][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    barrier b(3);
    auto a = spawn(pass_and_note, std::ref(b), std::ref(log), "a");
    auto c = spawn(pass_and_note, std::ref(b), std::ref(log), "c");
    co_await yield_now();
    co_await b.wait();
    a.cancel();
    co_await settle();
    CHECK(a.cancelled());
    CHECK_FALSE(b.broken());
  });
  CHECK(log == trace{"c1"});
}

TEST_CASE("reset and abort turn those away who met but have not gone on", "[runtime][barrier]") {
  // test_abort_barrier_when_tasks_half_draining_half_blocking
  trace log;
  run_virtual([&]() -> task<> {
    barrier b(2);
    spawn(pass_and_note, std::ref(b), std::ref(log), "a");
    co_await yield_now();
    co_await b.wait();
    b.reset();
    co_await yield_now();
    spawn(pass_and_note, std::ref(b), std::ref(log), "b");
    co_await yield_now();
    co_await b.wait();
    spawn(pass_and_note, std::ref(b), std::ref(log), "c");
    b.abort();
    co_await settle();
    CHECK(b.broken());
    CHECK(b.statistics().broken);
    b.reset();
    CHECK_FALSE(b.broken());
  });
  CHECK(log == trace{"a: the barrier was reset while the task waited", "b: the barrier is broken", "c: the barrier is broken"});
}

TEST_CASE("a broken barrier turns away at once", "[runtime][barrier]") {
  run_virtual([]() -> task<> {
    barrier b(2);
    b.abort();
    auto const passes = get_running_loop().statistics().passes;
    bool turned_away = false;
    try {
      co_await b.wait();
    } catch (broken_barrier_error const&) {
      turned_away = true;
    }
    CHECK(turned_away);
    CHECK(get_running_loop().statistics().passes == passes);
  });
}

TEST_CASE("a barrier may go when its last party has passed", "[runtime][barrier]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto b = std::make_unique<barrier>(3);
    spawn(pass_and_note, std::ref(*b), std::ref(log), "a");
    spawn(pass_and_note, std::ref(*b), std::ref(log), "b");
    co_await yield_now();
    co_await b->wait();
    b.reset();
    co_await settle();
  });
  CHECK(log == trace{"a0", "b1"});
}

TEST_CASE("a barrier without parties is refused", "[runtime][barrier]") {
  CHECK_THROWS_AS(barrier(0), std::invalid_argument);
  CHECK_THROWS_AS(barrier(-2), std::invalid_argument);
}
