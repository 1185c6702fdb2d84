// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>
#include <string>
#include <type_traits>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// The kind of what a block throws.
task<std::string> kind_of(task<> block) {
  try {
    co_await std::move(block);
  } catch (...) {
    co_return kind(std::current_exception());
  }
  co_return "none";
}

char const* text(bool b) { return b ? "true" : "false"; }

}  // namespace

TEST_CASE("a timeout cancels its body and becomes timeout_error outside", "[case][TMO-01]") {
  trace log;
  run_virtual([&]() -> task<> {
    bool expired = false;
    auto const begin = clock::now();
    try {
      co_await timeout(10ms, [&](timeout_scope& cm) -> task<> {
        try {
          co_await sleep(10s);
        } catch (cancelled_error const&) {
          log.push_back("in");
          expired = cm.expired();
          throw;
        }
      });
    } catch (timeout_error const&) {
      log.push_back("T");
    }
    log.push_back(text(expired));
    log.push_back(std::to_string(current_task().cancelling()));
    CHECK(clock::now() - begin == 10ms);
    co_await sleep(1ms);
  });
  CHECK(log == trace{"in", "T", "true", "0"});
}

TEST_CASE("a body that ends in time, or has no deadline, leaves no error and no timer", "[case][TMO-02]") {
  run_virtual([]() -> task<> {
    auto const begin = clock::now();
    co_await timeout(10s, [&](timeout_scope& a) -> task<> {
      co_await sleep(5ms);
      CHECK_FALSE(a.expired());
      CHECK(a.when() == begin + 10s);
    });
    co_await timeout(clock::duration::max(), [](timeout_scope& b) -> task<> {
      co_await sleep(5ms);
      CHECK(b.when() == never);
    });
    co_await timeout_at(never, [](timeout_scope& b) -> task<> {
      co_await sleep(5ms);
      CHECK(b.when() == never);
    });
    CHECK(get_running_loop().statistics().timers == 0);
    CHECK(clock::now() - begin == 15ms);
  });
}

TEST_CASE("a timeout of zero or less fires at the first suspension, never earlier", "[case][TMO-03]") {
  trace log;
  run_virtual([&]() -> task<> {
    std::string const one = co_await kind_of(timeout(0s, [&] { log.push_back("ran"); }));
    CHECK(one == "none");
    std::string const two = co_await kind_of(timeout(0s, [&]() -> task<> {
      log.push_back("ran2");
      co_await yield_now();
      log.push_back("no");
    }));
    CHECK(two == "timeout_error");
    std::string const three = co_await kind_of(timeout(-11s, []() -> task<> { co_await yield_now(); }));
    CHECK(three == "timeout_error");
  });
  CHECK(log == trace{"ran", "ran2"});
}

TEST_CASE("an inner timeout is handled inside, and the outer one fires later", "[case][TMO-06]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto const begin = clock::now();
    try {
      co_await timeout(60ms, [&]() -> task<> {
        try {
          co_await timeout(10ms, []() -> task<> { co_await sleep(10s); });
        } catch (timeout_error const&) {
          log.push_back("inner");
        }
        co_await sleep(10s);
      });
    } catch (timeout_error const&) {
      log.push_back("outer");
    }
    CHECK(clock::now() - begin == 60ms);
    CHECK(current_task().cancelling() == 0);
  });
  CHECK(log == trace{"inner", "outer"});
}

TEST_CASE("another exception leaves a timeout block as it is, also after the deadline", "[case][TMO-07]") {
  run_virtual([]() -> task<> {
    bool expired = true;
    std::string const a = co_await kind_of(timeout(10s, [&](timeout_scope& cm) -> task<> {
      co_await yield_now();
      expired = cm.expired();
      throw boom();
    }));
    CHECK(a == "boom");
    CHECK_FALSE(expired);
    CHECK(current_task().cancelling() == 0);
    std::string const b = co_await kind_of(timeout(10ms, [&](timeout_scope& cm) -> task<> {
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
      }
      expired = cm.expired();
      throw boom2();
    }));
    CHECK(b == "boom2");
    CHECK(expired);
    CHECK(current_task().cancelling() == 0);
  });
}

TEST_CASE("a cancellation from outside before the deadline stays one", "[case][TMO-08]") {
  run_virtual([]() -> task<> {
    bool expired = true;
    auto t = spawn([&]() -> task<> {
      co_await timeout(10s, [&](timeout_scope& cm) -> task<> {
        try {
          co_await sleep(10s);
        } catch (cancelled_error const&) {
          expired = cm.expired();
          throw;
        }
      });
    });
    co_await yield_now();
    t.cancel("x");
    std::string reason;
    try {
      co_await t;
    } catch (cancelled_error const& e) {
      reason = e.reason();
    }
    CHECK(reason == "x");
    CHECK_FALSE(expired);
    CHECK(t.cancelled());
    CHECK(get_running_loop().statistics().timers == 0);
  });
}

// A scope outside of its block cannot be named: it cannot be rescheduled before or after it, nor entered twice.
static_assert(!std::is_default_constructible_v<timeout_scope> && !std::is_constructible_v<timeout_scope, clock::time_point>);
static_assert(!std::is_copy_constructible_v<timeout_scope> && !std::is_move_constructible_v<timeout_scope>);

TEST_CASE("a deadline can be moved later, to now, and away, but not while it expires", "[case][TMO-11]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto const begin = clock::now();
    try {
      co_await timeout(20ms, [&](timeout_scope& cm) -> task<> {
        cm.reschedule(clock::now() + 80ms);
        co_await sleep(40ms);
        log.push_back("alive");
        cm.reschedule(clock::now());
        try {
          co_await sleep(10s);
        } catch (cancelled_error const&) {
          try {
            cm.reschedule(clock::now() + 1s);
          } catch (std::logic_error const& e) {
            log.push_back(e.what());
          }
          throw;
        }
      });
    } catch (timeout_error const&) {
      log.push_back("T");
    }
    CHECK(clock::now() - begin == 40ms);
    co_await timeout(10ms, [](timeout_scope& c2) -> task<> {
      c2.reschedule(never);
      co_await sleep(30ms);
    });
    CHECK(clock::now() - begin == 70ms);
    CHECK(get_running_loop().statistics().timers == 0);
  });
  CHECK(log == trace{"alive", "reschedule: the timeout is expiring", "T"});
}

TEST_CASE("a body that swallows the timeout's cancellation ends without an error", "[case][TMO-12]") {
  trace log;
  run_virtual([&]() -> task<> {
    co_await timeout(10ms, [&](timeout_scope& cm) -> task<> {
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
      }
      log.push_back("went on");
      log.push_back(text(cm.expired()));
    });
    log.push_back(std::to_string(current_task().cancelling()));
    co_await sleep(1ms);
  });
  CHECK(log == trace{"went on", "true", "0"});
}

TEST_CASE("a timeout around a group is timeout_error if the children clean up, and the group if one fails", "[case][TMO-13]") {
  trace log;
  run_virtual([&]() -> task<> {
    std::string const a = co_await kind_of(timeout(10ms, [&]() -> task<> {
      co_await with_task_group([&](task_group& g) -> task<> {
        g.spawn([&]() -> task<> { co_await note_cancel(log, "child"); });
        co_await sleep(10s);
      });
    }));
    CHECK(a == "timeout_error");
    CHECK(current_task().cancelling() == 0);
    std::string members;
    try {
      co_await timeout(10ms, []() -> task<> {
        co_await with_task_group([](task_group& g) {
          g.spawn([]() -> task<> {
            try {
              co_await sleep(10s);
            } catch (cancelled_error const&) {
            }
            throw boom();
          });
        });
      });
    } catch (exception_group const& e) {
      members = kinds(e);
    }
    CHECK(members == "boom");
    CHECK(current_task().cancelling() == 0);
    co_await sleep(1ms);
  });
  CHECK(log == trace{"child"});
}

TEST_CASE("a timeout without any time fires behind what was ready before it", "[case][timeout]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto const before = spawn([&]() -> task<> {
      log.push_back("begun");
      co_return;
    });
    std::string const how = co_await kind_of(timeout(0ms, [&]() -> task<> { co_await task_handle<>(before); }));
    log.push_back(how);
    log.push_back(before.cancelled() ? "cancelled" : "ended");
  });
  CHECK(log == trace{"begun", "timeout_error", "ended"});
}

TEST_CASE("a deadline that is moved into the past can be moved away before it fires", "[case][timeout]") {
  run_virtual([]() -> task<> {
    co_await timeout(1s, [](timeout_scope& scope) -> task<> {
      scope.reschedule(clock::now());
      scope.reschedule(never);
      co_await sleep(2s);
    });
    std::string const how = co_await kind_of(timeout(1s, [](timeout_scope& scope) -> task<> {
      scope.reschedule(clock::now() - 1s);
      co_await sleep(2s);
    }));
    CHECK(how == "timeout_error");
  });
}
