// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("call_soon is first in, first out, and what a pass adds waits for the next pass", "[case][LOOP-01]") {
  trace log;
  run_virtual([&]() -> task<> {
    event_loop& loop = get_running_loop();
    loop.call_soon([&] {
      log.push_back("a");
      loop.call_soon([&] { log.push_back("a2"); });
    });
    loop.call_soon([&] { log.push_back("b"); });
    co_await yield_now();
    log.push_back("t1");
    co_await yield_now();
    log.push_back("t2");
  });
  CHECK(log == trace{"a", "b", "t1", "a2", "t2"});
}

TEST_CASE("timers run in the order of their deadlines, overdue ones in the next pass, equal ones as they came", "[case][LOOP-02]") {
  trace log;
  run_virtual([&]() -> task<> {
    event_loop& loop = get_running_loop();
    loop.call_later(30ms, [&] { log.push_back("3"); });
    loop.call_later(10ms, [&] { log.push_back("1"); });
    loop.call_later(20ms, [&] { log.push_back("2"); });
    loop.call_later(-1s, [&] { log.push_back("a"); });
    loop.call_later(-2s, [&] { log.push_back("b"); });
    loop.call_later(40ms, [&] { log.push_back("4, first"); });
    loop.call_later(40ms, [&] { log.push_back("4, second"); });
    co_await yield_now();
    log.push_back("one pass");  // it was ready before the timers were due
    co_await yield_now();
    CHECK(log == trace{"one pass", "b", "a"});
    co_await sleep(60ms);
  });
  CHECK(log == trace{"one pass", "b", "a", "1", "2", "3", "4, first", "4, second"});
}

TEST_CASE("stop lets the pass finish and keeps what that pass queued", "[case][LOOP-04]") {
  trace log;
  event_loop loop(std::make_unique<virtual_clock>());
  loop.call_soon([&] {
    log.push_back("a");
    loop.stop();
    loop.call_soon([&] { log.push_back("late"); });
  });
  loop.call_soon([&] { log.push_back("b"); });
  loop.run_forever();
  log.push_back("|");
  loop.call_soon([&] { loop.stop(); });
  loop.run_forever();
  CHECK(log == trace{"a", "b", "|", "late"});
}

TEST_CASE("an exception in a callback goes to the exception handler and does not stop the loop", "[case][LOOP-06]") {
  captured_reports const reports;
  trace log;
  trace told;
  run_virtual([&]() -> task<> {
    event_loop& loop = get_running_loop();
    loop.set_exception_handler([&](exception_context const& context) {
      told.push_back(context.message + ": " + kind(context.exception));
      if (told.size() == 2) throw boom2("the handler is broken");
    });
    loop.call_soon([] { throw boom(); });
    loop.call_soon([&] { log.push_back("next"); });
    co_await yield_now();
    CHECK(told == trace{"exception in callback: boom"});
    CHECK(reports.texts().empty());

    loop.call_soon([] { throw boom(); });
    loop.call_soon([&] { log.push_back("still there"); });
    co_await yield_now();
  });
  CHECK(told == trace{"exception in callback: boom", "exception in callback: boom"});
  CHECK(log == trace{"next", "still there"});
  CHECK(reports.count("unhandled error in exception handler: halka::test::boom2") == 1);
}

TEST_CASE("done callbacks run through the loop in the order of registration, also a late one", "[case][LOOP-07]") {
  trace log;
  run_virtual([&]() -> task<> {
    future<int> f;
    f.add_done_callback([&] { log.push_back("1"); });
    f.add_done_callback([&] { log.push_back("2"); });
    auto const x = f.add_done_callback([&] { log.push_back("x"); });
    auto const removed = f.remove_done_callback(x);
    auto const removed_again = f.remove_done_callback(x);
    CHECK(removed == 1);
    CHECK(removed_again == 0);
    f.set_result(9);
    log.push_back("set");
    f.add_done_callback([&] { log.push_back("3"); });
    log.push_back("reg");
    co_await yield_now();
  });
  CHECK(log == trace{"set", "reg", "1", "2", "3"});
}

TEST_CASE("awaiting what is done already does not suspend", "[case][LOOP-08]") {
  trace log;
  run_virtual([&]() -> task<> {
    future<int> f;
    f.set_result(1);
    spawn([&log]() -> task<> {
      log.push_back("other");
      co_return;
    });
    int const r = co_await f;
    log.push_back(std::to_string(r));
    co_await yield_now();

    auto t = spawn([]() -> task<> { co_return; });
    co_await yield_now();
    CHECK(t.done());
    spawn([&log]() -> task<> {
      log.push_back("o2");
      co_return;
    });
    co_await t;
    log.push_back("t");
    co_await yield_now();
  });
  CHECK(log == trace{"1", "other", "t", "o2"});
}

TEST_CASE("all tasks that await one future wake in the order of their awaits with the same outcome", "[case][LOOP-09]") {
  trace log;
  run_virtual([&]() -> task<> {
    future<std::string> f;
    auto wait_for_f = [&](int i) -> task<> {
      std::string const& r = co_await f;
      log.push_back(std::to_string(i) + r);
    };
    for (int i = 1; i <= 3; ++i) spawn(wait_for_f, i);
    co_await yield_now();
    f.set_result("v");
    co_await yield_now();
    CHECK(log == trace{"1v", "2v", "3v"});

    future<> g;
    std::vector<std::exception_ptr> thrown;
    auto wait_for_g = [&]() -> task<> {
      try {
        co_await g;
      } catch (boom const&) {
        thrown.push_back(std::current_exception());
      }
    };
    spawn(wait_for_g);
    spawn(wait_for_g);
    co_await yield_now();
    g.set_exception(boom());
    co_await yield_now();
    REQUIRE(thrown.size() == 2);
    CHECK(thrown[0] == thrown[1]);
  });
}

TEST_CASE("sleep takes zero and negative durations, refuses one that is no number, and a cancelled one leaves no timer",
          "[case][LOOP-11]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto const begin = clock::now();
    auto note = [&](std::string what) { log.push_back(what + " " + std::to_string((clock::now() - begin) / 1ms)); };
    co_await sleep(10ms);
    note("x");
    co_await sleep(0s);
    note("y");
    co_await sleep(-5s);
    note("z");
    try {
      co_await sleep(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN()));
    } catch (...) {
      log.push_back(kind(std::current_exception()));
    }

    auto t = spawn([]() -> task<> { co_await sleep(1000s); });
    co_await yield_now();
    CHECK(get_running_loop().statistics().timers == 1);
    t.cancel();
    co_await settle();
    CHECK(t.cancelled());
    CHECK(get_running_loop().statistics().timers == 0);
    note("end");
  });
  CHECK(log == trace{"x 10", "y 10", "z 10", "invalid_argument", "end 10"});
}

TEST_CASE("a loop is not closed while it runs, and a closed one refuses work", "[case][LOOP-12]") {
  trace log;
  run_virtual([&]() -> task<> {
    log.push_back(kind_thrown([] { get_running_loop().close(); }));
    co_return;
  });
  CHECK(log == trace{"logic_error"});

  captured_reports const reports;
  event_loop loop(std::make_unique<virtual_clock>());
  loop.close();
  CHECK(loop.is_closed());
  auto coroutine = []() -> task<> { co_return; };
  trace refusals;
  auto note = [&](auto call) {
    try {
      call();
      refusals.push_back("accepted");
    } catch (std::logic_error const& e) {
      refusals.push_back(e.what());
    }
  };
  note([&] { loop.call_soon([] {}); });
  note([&] { loop.call_later(1s, [] {}); });
  note([&] { loop.call_at(clock::now(), [] {}); });
  note([&] { loop.call_soon_threadsafe([] {}); });
  note([&] { loop.add_reader(0, [] {}); });
  note([&] { run_coroutine_threadsafe(coroutine(), loop); });
  note([&] { loop.run_forever(); });
  CHECK(refusals == trace(7, "event loop is closed"));
  CHECK(reports.texts().empty());
  loop.close();
  CHECK(loop.is_closed());
}
