// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

using handles = std::vector<task_handle<>>;

task<> log_after(trace& log, clock::duration d, std::string text) {
  co_await sleep(d);
  log.push_back(text);
}

}  // namespace

TEST_CASE("a shielded task runs on when the task that awaits it is cancelled, and keeps its result", "[case][SHW-01]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto i = spawn([&]() -> task<int> {
      co_await sleep(20ms);
      log.push_back("inner");
      co_return 7;
    });
    auto t = spawn([&]() -> task<> { co_await shield(i); });
    co_await yield_now();
    co_await yield_now();
    t.cancel();
    try {
      co_await t;
    } catch (cancelled_error const&) {
      log.push_back("C");
    }
    int const r = co_await i;
    log.push_back(std::to_string(r));
  });
  CHECK(log == trace{"C", "inner", "7"});
}

TEST_CASE("shield passes on the inner task's cancellation and its error", "[case][SHW-02]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto i = spawn(wait_for_ever);
    auto s = shield(i);
    co_await yield_now();
    i.cancel();
    try {
      co_await std::move(s);
    } catch (cancelled_error const&) {
      log.push_back("cancelled");
    }
    CHECK(current_task().cancelling() == 0);
    auto j = spawn(fail_after<boom>, 1ms);
    try {
      co_await shield(j);
    } catch (boom const&) {
      log.push_back("boom");
    }
  });
  CHECK(log == trace{"cancelled", "boom"});
}

TEST_CASE("shield of a task that has ended does not suspend", "[case][SHW-02]") {
  run_virtual([]() -> task<> {
    auto ended = spawn(value_after<int>, 0ms, 42);
    co_await settle();
    auto const before = get_running_loop().statistics().passes;
    int const r = co_await shield(ended);
    CHECK(r == 42);
    CHECK(get_running_loop().statistics().passes == before);
  });
}

TEST_CASE("wait_for around shield leaves the inner task running, also with a timeout of zero", "[case][SHW-04]") {
  clock::duration const limits[] = {10ms, 0ms};
  for (clock::duration const limit : limits) {
    trace log;
    run_virtual([&]() -> task<> {
      auto t = spawn(value_after<std::string>, 50ms, "done");
      try {
        co_await wait_for(shield(t), limit);
      } catch (timeout_error const&) {
        log.push_back("T");
        log.push_back(t.done() ? "true" : "false");
      }
      std::string const r = co_await t;
      log.push_back(r);
    });
    CHECK(log == trace{"T", "false", "done"});
  }
}

TEST_CASE("wait for the first leaves the others pending, and its time limit leaves them running", "[case][SHW-06]") {
  run_virtual([]() -> task<> {
    auto const begin = clock::now();
    auto a = spawn(nap, 10s);
    auto b = spawn(nap, 10ms);
    handles const both{b, a};
    auto r = co_await wait(both, return_when::first_completed);
    CHECK(r.done == handles{b});
    CHECK(r.pending == handles{a});
    handles const rest{a};
    bool timed_out = false;
    try {
      co_await wait_for(wait(rest), 10ms);
    } catch (timeout_error const&) {
      timed_out = true;
    }
    CHECK(timed_out);
    CHECK(clock::now() - begin == 20ms);
    CHECK_FALSE(a.done());
    CHECK(a.cancelling() == 0);
    co_await a;
    CHECK(clock::now() - begin == 10s);
  });
}

TEST_CASE("tasks that finish until the waiting task goes on are all done; a task given twice counts once", "[case][SHW-08]") {
  run_virtual([]() -> task<> {
    auto a = spawn([]() -> task<> { co_await yield_now(); });
    auto b = spawn([]() -> task<> {
      co_await yield_now();
      co_await yield_now();
    });
    handles const both{b, a};
    auto r = co_await wait(both, return_when::first_completed);
    CHECK(r.done == handles{b, a});
    CHECK(r.pending.empty());

    auto c = spawn(nap, 1ms);
    auto d = spawn(nap, 2ms);
    handles const twice{c, c, d};
    auto all = co_await wait(twice);
    CHECK(all.done == handles{c, d});

    handles const none;
    std::string error;
    try {
      co_await wait(none);
    } catch (std::invalid_argument const& e) {
      error = e.what();
    }
    CHECK(error == "wait: needs at least one task");
  });
}

TEST_CASE("cancelling the task that waits leaves the tasks it waits for alone", "[case][SHW-09]") {
  trace log;
  run_virtual([&]() -> task<> {
    future<> f;
    auto i = spawn([&]() -> task<> {
      co_await f;
      log.push_back("i");
    });
    auto t = spawn([&]() -> task<> {
      handles const one{i};
      co_await wait(one);
      log.push_back("no");
    });
    co_await yield_now();
    co_await yield_now();
    t.cancel();
    try {
      co_await t;
    } catch (cancelled_error const&) {
      log.push_back("C");
    }
    f.set_result();
    co_await i;
  });
  CHECK(log == trace{"C", "i"});
}

TEST_CASE("as_completed yields in the order of completion, each error at its turn", "[case][SHW-10]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto fails = []() -> task<std::string> {
      co_await sleep(20ms);
      throw boom();
    };
    std::vector<task<std::string>> tasks;
    tasks.push_back(value_after<std::string>(30ms, "c"));
    tasks.push_back(value_after<std::string>(10ms, "a"));
    tasks.push_back(fails());
    auto results = as_completed(std::move(tasks));
    while (auto r = co_await results.next()) {
      try {
        log.push_back(r->value());
      } catch (boom const&) {
        log.push_back("B");
      }
    }
  });
  CHECK(log == trace{"a", "B", "c"});
}

TEST_CASE("a time limit on the next completion leaves the tasks running", "[case][SHW-10]") {
  run_virtual([]() -> task<> {
    auto x = spawn(nap, 50ms);
    handles const one{x};
    auto results = as_completed(one);
    bool timed_out = false;
    try {
      co_await wait_for(results.next(), 10ms);
    } catch (timeout_error const&) {
      timed_out = true;
    }
    CHECK(timed_out);
    CHECK_FALSE(x.done());
    CHECK(x.cancelling() == 0);
    co_await x;
  });
}

TEST_CASE("leaving as_completed early does not cancel tasks that were given by handle", "[case][SHW-10]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto y = spawn([&]() -> task<> { co_await log_after(log, 10ms, "y"); });
    auto z = spawn([&]() -> task<> { co_await log_after(log, 20ms, "z"); });
    {
      handles const both{z, y};
      auto results = as_completed(both);
      auto first = co_await results.next();
      CHECK(first->has_value());
      log.push_back("left");
    }
    co_await z;
    CHECK_FALSE(y.cancelled());
  });
  CHECK(log == trace{"y", "left", "z"});
}
