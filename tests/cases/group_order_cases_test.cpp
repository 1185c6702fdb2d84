// SPDX-License-Identifier: MIT
// Groups among others who are ready in the same pass; found by random programs (fuzz/programs.cpp).
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <exception>
#include <string>
#include <utility>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("a group hears of a failure before those do who await the failed task", "[case][group]") {
  trace log;
  run_virtual([&]() -> task<> {
    std::string const r = co_await kinds_of(with_task_group([&](task_group& g) -> task<> {
      task_handle<> const fails = g.spawn(fail_after<boom>, 10ms);
      g.spawn(
          [&log](task_handle<> awaited) -> task<> {
            try {
              co_await std::move(awaited);
            } catch (cancelled_error const&) {
              log.push_back("cancelled");
              throw;
            }
          },
          fails);
      co_return;
    }));
    log.push_back(r);
  });
  CHECK(log == trace{"cancelled", "group(boom)"});
}

TEST_CASE("an error of a group's body is not lost when the group is cancelled while it waits", "[case][group]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto const t = spawn([&]() -> task<> {
      std::string const r = co_await kinds_of(with_task_group([](task_group& g) -> task<> {
        g.spawn(work_and_clean_up, 1, 10ms);
        co_await yield_now();
        throw boom();
      }));
      log.push_back(r);
      try {
        co_await yield_now();
      } catch (cancelled_error const&) {
        log.push_back("cancelled");
      }
    });
    co_await yield_now();
    co_await yield_now();
    t.cancel();
    co_await task_handle<>(t);
  });
  CHECK(log == trace{"group(boom)", "cancelled"});
}
