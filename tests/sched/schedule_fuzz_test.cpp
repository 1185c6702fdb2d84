// SPDX-License-Identifier: MIT
#include <halka/sched/schedule_fuzz.hpp>

#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>

#include <cstdlib>
#include <memory>
#include <set>
#include <string>

using namespace halka;
using namespace halka::test;

namespace {

task<> note_turns(trace& log, char name, int turns) {
  for (int i = 0; i < turns; ++i) {
    log.push_back(std::string(1, name));
    co_await yield_now();
  }
}

/// The turns of three tasks with this seed.
trace turns(std::uint64_t seed) {
  trace log;
  runner r(std::make_unique<virtual_clock>());
  if (seed != 0) r.get_loop().fuzz_schedule(seed);
  r.run([&]() -> task<> { co_await gather(note_turns(log, 'a', 4), note_turns(log, 'b', 4), note_turns(log, 'c', 4)); });
  return log;
}

}  // namespace

TEST_CASE("a seed gives the same schedule each time, and other seeds give others", "[sched][fuzz]") {
  std::set<trace> schedules;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    trace const once = turns(seed);
    CHECK(once.size() == 12);
    CHECK(turns(seed) == once);
    schedules.insert(once);
  }
  CHECK(schedules.size() > 40);
  CHECK(turns(0) == trace{"a", "b", "c", "a", "b", "c", "a", "b", "c", "a", "b", "c"});
}

TEST_CASE("one task may be late for many passes of another", "[sched][fuzz]") {
  bool seen = false;
  for (std::uint64_t seed = 1; seed <= 100 && !seen; ++seed) {
    std::string text;
    for (std::string const& name : turns(seed)) text += name;
    seen = text.find("aaaa") < text.find('b');
  }
  CHECK(seen);
}

TEST_CASE("callbacks keep their order in every schedule", "[sched][fuzz]") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    std::string order;
    runner r(std::make_unique<virtual_clock>());
    r.get_loop().fuzz_schedule(seed);
    r.run([&]() -> task<> {
      for (char c : {'1', '2', '3', '4'}) get_running_loop().call_soon([&order, c] { order += c; });
      co_await sleep(std::chrono::seconds(1));
    });
    CHECK(order == "1234");
  }
}

TEST_CASE("awaits that find their result there suspend in some schedules", "[sched][fuzz]") {
  auto suspended = [](std::uint64_t seed) {
    runner r(std::make_unique<virtual_clock>());
    if (seed != 0) r.get_loop().fuzz_schedule(seed);
    return r.run([]() -> task<bool> {
      semaphore s(2);
      auto const steps = get_running_loop().statistics().passes;
      co_await s.acquire();
      co_return get_running_loop().statistics().passes != steps;
    });
  };
  CHECK_FALSE(suspended(0));
  int times = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) times += suspended(seed) ? 1 : 0;
  CHECK(times > 5);
  CHECK(times < 45);
}

TEST_CASE("the environment names the seed of every loop, and bad text is refused", "[sched][fuzz]") {
  setenv("HALKA_FUZZ", "0x2a", 1);
  {
    runner r(std::make_unique<virtual_clock>());
    r.run([]() -> task<> { co_await yield_now(); });
    REQUIRE(r.get_loop().fuzz());
    CHECK(r.get_loop().fuzz()->description().starts_with("HALKA_FUZZ=0x2a (step "));
  }
  setenv("HALKA_FUZZ", "forty-two", 1);
  CHECK_THROWS_WITH(runner(std::make_unique<virtual_clock>()).get_loop(),
                    "HALKA_FUZZ=forty-two is not a seed: give a number, such as 0x2a");
  unsetenv("HALKA_FUZZ");
  runner r(std::make_unique<virtual_clock>());
  CHECK(r.get_loop().fuzz() == nullptr);
}
