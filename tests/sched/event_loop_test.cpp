// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <thread>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// A loop on a virtual clock, run until nothing is queued that stops it.
struct virtual_loop : event_loop {
  explicit virtual_loop(bool debug = false) : event_loop(std::make_unique<virtual_clock>(), debug) {}

  void run_for(clock::duration d) {
    call_later(d, [this] { stop(); });
    run_forever();
  }
};

}  // namespace

TEST_CASE("call_at and call_later call when the clock has reached the deadline", "[sched][loop]") {
  trace log;
  virtual_loop loop;
  auto const begin = loop.time();
  auto note = [&] { log.push_back(std::to_string((loop.time() - begin) / 1ms)); };
  loop.call_at(begin + 30ms, note);
  loop.call_later(10ms, note);
  loop.call_soon(note);
  loop.run_for(1s);
  CHECK(log == trace{"0", "10", "30"});
}

TEST_CASE("a cancelled handle prevents the call, before and after it is due", "[sched][loop]") {
  trace log;
  virtual_loop loop;
  auto soon = loop.call_soon([&] { log.push_back("soon"); });
  auto later = loop.call_later(1ms, [&] { log.push_back("later"); });
  soon.cancel();
  later.cancel();
  soon.cancel();
  later.cancel();
  CHECK(soon.cancelled());
  CHECK(later.cancelled());
  CHECK(loop.statistics().timers == 0);
  // Due in the same pass as the one that cancels it.
  timer_handle due;
  loop.call_later(2ms, [&] { due.cancel(); });
  due = loop.call_later(2ms, [&] { log.push_back("due"); });
  loop.run_for(1s);
  CHECK(log == trace{});
}

TEST_CASE("a handle tells its deadline, and that it was cancelled only if it was", "[sched][loop]") {
  virtual_loop loop;
  auto const when = loop.time() + 5s;
  auto at = loop.call_at(when, [] {});
  auto soon = loop.call_soon([] {});
  CHECK(at.when() == when);
  CHECK(soon.when() == clock::time_point());
  loop.run_for(10s);
  CHECK_FALSE(at.cancelled());
  CHECK_FALSE(soon.cancelled());
  CHECK_FALSE(timer_handle().cancelled());
}

TEST_CASE("dropping a handle does not cancel the call", "[sched][loop]") {
  trace log;
  virtual_loop loop;
  {
    auto const dropped = loop.call_later(1s, [&] { log.push_back("called"); });
  }
  loop.run_for(2s);
  CHECK(log == trace{"called"});
}

TEST_CASE("a callback is destroyed after its call, or when it is cancelled and comes to its turn", "[sched][loop]") {
  counted::alive = 0;
  virtual_loop loop;
  loop.call_soon([c = counted(1)] { static_cast<void>(c); });
  auto cancelled = loop.call_later(1s, [c = counted(2)] { static_cast<void>(c); });
  CHECK(counted::alive == 2);
  cancelled.cancel();
  cancelled = {};
  CHECK(counted::alive == 1);
  loop.run_for(1ms);
  CHECK(counted::alive == 0);
}

TEST_CASE("a callback may be move-only", "[sched][loop]") {
  int seen = 0;
  virtual_loop loop;
  loop.call_soon([&seen, owned = std::make_unique<int>(4)] { seen = *owned; });
  loop.run_for(1ms);
  CHECK(seen == 4);
}

TEST_CASE("stop before run lets one pass run", "[sched][loop]") {
  trace log;
  virtual_loop loop;
  loop.call_soon([&] {
    log.push_back("first pass");
    loop.call_soon([&] { log.push_back("second pass"); });
  });
  loop.stop();
  loop.run_forever();
  CHECK(log == trace{"first pass"});
  loop.stop();
  loop.run_forever();
  CHECK(log == trace{"first pass", "second pass"});
}

TEST_CASE("stop inside run makes it throw, and the task can go on in the next run", "[sched][loop]") {
  captured_reports const reports;
  runner r(std::make_unique<virtual_clock>());
  any_task main_task;
  CHECK(kind_thrown([&] {
          r.run([&]() -> task<> {
            main_task = current_task();
            get_running_loop().stop();
            co_await yield_now();
            co_await yield_now();
          });
        }) == "logic_error");
  CHECK_FALSE(main_task.done());
  r.run([]() -> task<> { co_await settle(); });
  CHECK(main_task.phase() == task_phase::succeeded);
}

TEST_CASE("a loop cannot be run inside another one or inside itself", "[sched][loop]") {
  trace log;
  virtual_loop loop;
  virtual_loop other;
  loop.call_soon([&] {
    log.push_back(kind_thrown([&] { loop.run_forever(); }));
    log.push_back(kind_thrown([&] { other.run_forever(); }));
  });
  loop.run_for(1ms);
  CHECK(log == trace{"logic_error", "logic_error"});
  CHECK_FALSE(loop.is_running());
}

TEST_CASE("the running loop is known inside it and nowhere else", "[sched][loop]") {
  event_loop* inside = nullptr;
  virtual_loop loop;
  loop.call_soon([&] { inside = &get_running_loop(); });
  loop.run_for(1ms);
  CHECK(inside == &loop);
  CHECK(kind_thrown([] { get_running_loop(); }) == "logic_error");
}

TEST_CASE("a keyboard_interrupt of a callback or a task leaves the loop at once and keeps the rest of the pass", "[sched][loop]") {
  trace log;
  virtual_loop loop;
  loop.call_soon([] { throw keyboard_interrupt(); });
  loop.call_soon([&] { log.push_back("kept"); });
  CHECK(kind_thrown([&] { loop.run_forever(); }) == "keyboard_interrupt");
  CHECK(log == trace{});
  CHECK_FALSE(loop.is_running());
  loop.run_for(1ms);
  CHECK(log == trace{"kept"});

  captured_reports const reports;
  runner r(std::make_unique<virtual_clock>());
  task_handle<> interrupted;
  CHECK(kind_thrown([&] {
          r.run([&]() -> task<> {
            interrupted = spawn([]() -> task<> {
              co_await yield_now();
              throw keyboard_interrupt();
            });
            co_await sleep(1s);
          });
        }) == "keyboard_interrupt");
  CHECK(interrupted.done());
}

TEST_CASE("statistics count passes, steps, tasks and timers", "[sched][loop]") {
  run_virtual([]() -> task<> {
    event_loop& loop = get_running_loop();
    auto const before = loop.statistics();
    CHECK(before.tasks_created == 1);
    CHECK(before.tasks_alive == 1);
    auto a = spawn([]() -> task<> { co_await yield_now(); });
    auto b = spawn([]() -> task<> { co_await sleep(1s); });
    auto const timer = loop.call_later(2s, [] {});
    auto const created = loop.statistics();
    CHECK(created.tasks_created == 3);
    CHECK(created.tasks_alive == 3);
    CHECK(created.timers == 1);
    co_await yield_now();
    auto const stepped = loop.statistics();
    CHECK(stepped.passes == before.passes + 1);
    CHECK(stepped.timers == 2);
    co_await sleep(3s);
    auto const after = loop.statistics();
    CHECK(after.tasks_alive == 1);
    CHECK(after.tasks_created == 3);
    CHECK(after.timers == 0);
    CHECK(after.sleeps == before.sleeps + 3);
    CHECK(after.steps > stepped.steps);
  });
}

TEST_CASE("all_tasks lists the tasks that have not ended, in the order of their creation", "[sched][loop]") {
  run_virtual([]() -> task<> {
    std::vector<any_task> expected{current_task()};
    std::vector<task_handle<>> tasks;
    for (int i = 0; i < 10; ++i) tasks.push_back(spawn([]() -> task<> { co_await sleep(1000s); }));
    for (int i = 0; i < 10; i += 2) tasks[static_cast<std::size_t>(i)].cancel();
    co_await yield_now();
    for (int i = 1; i < 10; i += 2) expected.push_back(tasks[static_cast<std::size_t>(i)]);
    tasks.clear();
    // These take the places of those that ended.
    for (int i = 0; i < 5; ++i) expected.push_back(spawn([]() -> task<> { co_await sleep(1000s); }));
    CHECK(all_tasks() == expected);
    for (std::size_t i = 1; i < expected.size(); ++i) expected[i].cancel();
    co_await yield_now();
  });
}

TEST_CASE("the default exception handler reports the message and the exception", "[sched][loop]") {
  captured_reports const reports;
  virtual_loop loop;
  loop.call_soon([] { throw boom("lost"); });
  loop.run_for(1ms);
  CHECK(reports.texts() == trace{"exception in callback: halka::test::boom: lost"});
}

TEST_CASE("an exception handler may replace itself, and an empty one restores the default", "[sched][loop]") {
  captured_reports const reports;
  trace told;
  virtual_loop loop;
  loop.set_exception_handler([&](exception_context const&) {
    loop.set_exception_handler({});
    told.push_back("mine");
  });
  loop.call_soon([] { throw boom(); });
  loop.call_soon([] { throw boom2(); });
  loop.run_for(1ms);
  CHECK(told == trace{"mine"});
  CHECK(reports.count("boom2") == 1);
  CHECK(reports.texts().size() == 1);
}

TEST_CASE("in debug mode a loop refuses calls from other threads", "[sched][loop]") {
  virtual_loop loop(true);
  trace log;
  loop.call_soon([&] {
    std::jthread([&] {
      log.push_back(kind_thrown([&] { loop.call_soon([] {}); }));
      log.push_back(kind_thrown([&] { loop.call_later(1s, [] {}); }));
      log.push_back(kind_thrown([&] { loop.call_soon_threadsafe([] {}); }));
    }).join();
  });
  loop.run_for(1ms);
  CHECK(log == trace{"logic_error", "logic_error", "none"});
}
