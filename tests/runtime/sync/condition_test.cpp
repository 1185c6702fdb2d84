// SPDX-License-Identifier: MIT
#include "../../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> wait_and_note(condition& c, trace& log, std::string name) {
  auto held = co_await c.hold();
  try {
    co_await c.wait();
  } catch (cancelled_error const& e) {
    log.push_back(name + " cancelled" + (e.reason().empty() ? "" : ": " + std::string(e.reason())) +
                  (c.statistics().holder == current_task().id() ? "" : ", without the lock"));
    throw;
  }
  log.push_back(std::move(name));
}

}  // namespace

TEST_CASE("a wait releases the lock and holds it again when it returns", "[runtime][condition]") {
  trace log;
  run_virtual([&]() -> task<> {
    condition c;
    auto a = spawn(wait_and_note, std::ref(c), std::ref(log), "a");
    co_await yield_now();
    CHECK_FALSE(c.locked());
    CHECK(c.statistics().waiting == 1);
    {
      auto held = co_await c.hold();
      c.notify();
      CHECK(c.statistics().waiting == 0);
      CHECK(c.statistics().waiting_for_lock == 1);
      co_await settle();
      CHECK_FALSE(a.done());
    }
    CHECK(c.statistics().holder == a.id());
    co_await yield_now();
    CHECK(a.done());
    CHECK_FALSE(c.locked());
  });
  CHECK(log == trace{"a"});
}

TEST_CASE("wait_for returns what the predicate returned, once that holds", "[runtime][condition]") {
  run_virtual([]() -> task<> {
    condition c;
    std::string text;
    auto consumer = spawn([&]() -> task<std::string> {
      auto held = co_await c.hold();
      int asked = 0;
      std::size_t const size = co_await c.wait_for([&] { return ++asked, text.size(); });
      CHECK(asked == 3);
      co_return text + std::to_string(size);
    });
    co_await settle();
    {
      auto held = co_await c.hold();
      c.notify_all();
    }
    co_await settle();
    CHECK_FALSE(consumer.done());
    {
      auto held = co_await c.hold();
      text = "four";
      c.notify_all();
    }
    std::string const result = co_await consumer;
    CHECK(result == "four4");
  });
}

TEST_CASE("wait_for does not suspend if its predicate holds, and passes its exception on", "[runtime][condition]") {
  run_virtual([]() -> task<> {
    condition c;
    auto held = co_await c.hold();
    auto const passes = get_running_loop().statistics().passes;
    bool const value = co_await c.wait_for([] { return true; });
    CHECK(value);
    bool threw = false;
    try {
      co_await c.wait_for([]() -> bool { throw boom(); });
    } catch (boom const&) {
      threw = true;
    }
    CHECK(threw);
    CHECK(get_running_loop().statistics().passes == passes);
    CHECK(c.locked());
  });
}

TEST_CASE("several conditions may share a lock", "[runtime][condition]") {
  trace log;
  run_virtual([&]() -> task<> {
    lock l;
    condition filled(l), emptied(l);
    auto a = spawn(wait_and_note, std::ref(filled), std::ref(log), "filled");
    auto b = spawn(wait_and_note, std::ref(emptied), std::ref(log), "emptied");
    co_await yield_now();
    co_await l.acquire();
    CHECK(filled.locked());
    emptied.notify_all();
    filled.notify_all();
    l.release();
    co_await settle();
  });
  CHECK(log == trace{"emptied", "filled"});
}

TEST_CASE("waiting and notifying need the lock", "[runtime][condition]") {
  run_virtual([]() -> task<> {
    condition c;
    CHECK_THROWS_AS(c.notify(), std::logic_error);
    CHECK_THROWS_AS(c.notify_all(), std::logic_error);
    CHECK_THROWS_AS(c.release(), std::logic_error);
    std::string refusal;
    try {
      co_await c.wait();
    } catch (std::logic_error const& e) {
      refusal = e.what();
    }
    CHECK(refusal == "condition: wait needs the lock to be held");
    co_await yield_now();
  });
}

TEST_CASE("notify of none wakes none", "[runtime][condition]") {
  run_virtual([]() -> task<> {
    trace log;
    condition c;
    auto a = spawn(wait_and_note, std::ref(c), std::ref(log), "a");
    co_await yield_now();
    {
      auto held = co_await c.hold();
      c.notify(0);
      CHECK(c.statistics().waiting == 1);
    }
    a.cancel();
    co_await settle();
  });
}
