// SPDX-License-Identifier: MIT
#include "../../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <string>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> wait_and_note(event& e, trace& log, std::string name) {
  co_await e.wait();
  log.push_back(std::move(name));
}

}  // namespace

TEST_CASE("setting an event wakes all who wait, in the order in which they came", "[runtime][event]") {
  trace log;
  event e;  // needs no loop
  run_virtual([&]() -> task<> {
    for (char const* name : {"a", "b", "c"}) spawn(wait_and_note, std::ref(e), std::ref(log), name);
    co_await settle();
    CHECK(e.statistics().waiting == 3);
    CHECK_FALSE(e.is_set());
    e.set();
    log.push_back("set");
    CHECK(e.is_set());
    CHECK(e.statistics().waiting == 0);
    co_await yield_now();
    log.push_back("next pass");
  });
  CHECK(log == trace{"set", "a", "b", "c", "next pass"});
}

TEST_CASE("set and clear still release those who wait", "[runtime][event]") {
  trace log;
  run_virtual([&]() -> task<> {
    event e;
    auto a = spawn(wait_and_note, std::ref(e), std::ref(log), "a");
    co_await settle();
    e.set();
    e.clear();
    auto b = spawn(wait_and_note, std::ref(e), std::ref(log), "b");
    co_await settle();
    CHECK(a.done());
    CHECK_FALSE(b.done());
    CHECK_FALSE(e.is_set());
    e.set();
    co_await b;
  });
  CHECK(log == trace{"a", "b"});
}

TEST_CASE("waiting for an event that is set does not suspend, and setting it again is harmless", "[runtime][event]") {
  run_virtual([]() -> task<> {
    event e;
    e.set();
    e.set();
    auto const before = get_running_loop().statistics().passes;
    co_await e.wait();
    CHECK(get_running_loop().statistics().passes == before);
  });
}

TEST_CASE("a cancelled waiter leaves the event, and the others are still woken", "[runtime][event][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    event e;
    auto a = spawn(wait_and_note, std::ref(e), std::ref(log), "a");
    auto b = spawn(wait_and_note, std::ref(e), std::ref(log), "b");
    auto c = spawn(wait_and_note, std::ref(e), std::ref(log), "c");
    co_await settle();
    b.cancel();
    CHECK(e.statistics().waiting == 2);
    e.set();
    c.cancel();  // woken, but not resumed yet
    co_await settle();
    CHECK(a.done());
    CHECK(b.cancelled());
    CHECK(c.cancelled());
  });
  CHECK(log == trace{"a"});
}
