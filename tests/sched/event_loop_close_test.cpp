// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>
#include <thread>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// Starts a task on a loop that nobody will let end, and runs its first steps.
template <class F>
task_handle<> start_on(event_loop& loop, F body, std::string_view name) {
  task_handle<> t;
  loop.call_soon([&] { t = create_task(body(), {.name = name}); });
  for (int i = 0; i < 3; ++i) {
    loop.stop();
    loop.run_forever();
  }
  return t;
}

}  // namespace

TEST_CASE("a task that is pending when its loop is closed is reported, destroyed where it is, and ends cancelled",
          "[sched][loop][close]") {
  captured_reports const reports;
  counted::alive = 0;
  auto inner = [](counted) -> task<> { co_await sleep(1000s); };
  auto body = [&inner]() -> task<> {
    counted const local(1);
    task<> waiting = inner(counted(2));
    co_await std::move(waiting);
  };
  event_loop loop(std::make_unique<virtual_clock>());
  auto const t = start_on(loop, body, "left");
  CHECK(counted::alive == 2);
  loop.close();
  CHECK(counted::alive == 0);
  CHECK(t.done());
  CHECK(t.cancelled());
  CHECK(reports.count("task was destroyed but it is pending: 'left'") == 1);
  CHECK(reports.texts().size() == 1);
}

TEST_CASE("a task that was never begun when its loop is closed is destroyed too", "[sched][loop][close]") {
  captured_reports const reports;
  counted::alive = 0;
  auto body = [](counted) -> task<> { co_return; };
  event_loop loop(std::make_unique<virtual_clock>());
  task_handle<> t;
  loop.call_soon([&] { t = create_task(body(counted(1))); });
  loop.stop();
  loop.run_forever();
  CHECK(t.phase() == task_phase::created);
  CHECK(counted::alive == 1);
  loop.close();
  CHECK(counted::alive == 0);
  CHECK(t.cancelled());
  CHECK(reports.count("task was destroyed but it is pending") == 1);
}

TEST_CASE("tasks that wait for each other are destroyed at close in any order", "[sched][loop][close]") {
  captured_reports const reports;
  counted::alive = 0;
  event_loop loop(std::make_unique<virtual_clock>());
  std::vector<task_handle<>> all;
  auto sleeper = [](counted) -> task<> { co_await sleep(1000s); };
  auto waits_for = [](counted, task_handle<> other) -> task<> { co_await other; };
  loop.call_soon([&] {
    all.push_back(create_task(sleeper(counted(0))));
    for (int i = 1; i < 10; ++i) all.push_back(create_task(waits_for(counted(i), all.back())));
  });
  for (int i = 0; i < 3; ++i) {
    loop.stop();
    loop.run_forever();
  }
  CHECK(counted::alive == 10);
  loop.close();
  CHECK(counted::alive == 0);
  for (auto const& t : all) CHECK(t.cancelled());
}

TEST_CASE("callbacks that are queued when the loop is closed are destroyed uncalled", "[sched][loop][close]") {
  counted::alive = 0;
  trace log;
  event_loop loop(std::make_unique<virtual_clock>());
  loop.call_soon([&log, c = counted(1)] { log.push_back(std::to_string(c.value)); });
  loop.call_soon_threadsafe([&log, c = counted(2)] { log.push_back(std::to_string(c.value)); });
  CHECK(counted::alive == 2);
  loop.close();
  CHECK(log == trace{});
  CHECK(counted::alive == 0);
}

TEST_CASE("callbacks whose deadline has not come when the loop is closed are destroyed uncalled", "[sched][loop][close]") {
  counted::alive = 0;
  trace log;
  {
    event_loop loop(std::make_unique<virtual_clock>());
    loop.call_later(1s, [&log, c = counted(1)] { log.push_back(std::to_string(c.value)); });
    loop.close();
    CHECK(counted::alive == 0);
  }
  CHECK(log == trace{});
}

TEST_CASE("a timer handle may be cancelled and dropped after its loop is gone", "[sched][loop][close]") {
  std::optional<event_loop> loop(std::in_place, std::make_unique<virtual_clock>());
  timer_handle later = loop->call_later(1s, [] {});
  timer_handle soon = loop->call_soon([] {});
  loop.reset();
  later.cancel();
  soon.cancel();
  CHECK(later.cancelled());
  CHECK(soon.cancelled());
}

TEST_CASE("destroying a loop closes it", "[sched][loop][close]") {
  captured_reports const reports;
  task_handle<> t;
  {
    event_loop loop(std::make_unique<virtual_clock>());
    t = start_on(
        loop, []() -> task<> { co_await sleep(1000s); }, "left");
  }
  CHECK(t.cancelled());
  CHECK(reports.count("'left'") == 1);
}

TEST_CASE("call_soon_threadsafe after close is refused and destroys the function", "[sched][loop][close]") {
  counted::alive = 0;
  event_loop loop(std::make_unique<virtual_clock>());
  loop.close();
  std::string refusal;
  std::jthread([&] {
    refusal = kind_thrown([&] { loop.call_soon_threadsafe([c = counted(1)] { static_cast<void>(c); }); });
  }).join();
  CHECK(refusal == "logic_error");
  CHECK(counted::alive == 0);
}

TEST_CASE("call_soon_threadsafe wakes a loop that sleeps, and each thread's calls keep their order", "[sched][loop]") {
  constexpr int threads = 4;
  constexpr int calls = 1000;
  std::vector<std::vector<int>> seen(threads);
  halka::run([&]() -> task<> {
    event_loop& loop = get_running_loop();
    std::vector<std::jthread> senders;
    int left = threads * calls;
    future<> all_came;
    for (std::size_t n = 0; n < threads; ++n) {
      senders.emplace_back([&, n] {
        for (int i = 0; i < calls; ++i)
          loop.call_soon_threadsafe([&, n, i] {
            seen[n].push_back(i);
            if (--left == 0) all_came.set_result();
          });
      });
    }
    co_await all_came;
  });
  for (auto const& of_thread : seen) {
    REQUIRE(of_thread.size() == calls);
    CHECK(std::ranges::is_sorted(of_thread));
  }
}

TEST_CASE("a task that stops the loop while run cancels it does not keep run from ending it", "[sched][loop][close]") {
  captured_reports const reports;
  task_handle<> t;
  auto stubborn = []() -> task<> {
    try {
      co_await sleep(1000s);
    } catch (cancelled_error const&) {
      get_running_loop().stop();
    }
    co_await sleep(1s);
  };
  run_virtual([&]() -> task<> {
    t = spawn(stubborn);
    co_await yield_now();
  });
  CHECK(t.done());
}
