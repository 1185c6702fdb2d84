// SPDX-License-Identifier: MIT
#include "scenario.hpp"

#include <csignal>
#include <thread>

namespace halka::faults {

namespace {

using namespace std::chrono_literals;

task<int> after(clock::duration d, int value) {
  co_await sleep(d);
  co_return value;
}

task<> sleeping() {
  co_await sleep(50us);
  co_await yield_now();
}

task<> gathering() {
  auto const [a, b] = co_await gather(after(0us, 1), after(50us, 2));
  expect(a == 1 && b == 2, "gather");
}

task<> creating_tasks() {
  task_handle<int> const one = create_task(after(0us, 1), {.name = "one"});
  task_handle<int> const two = spawn(after, clock::duration(50us), 2);
  std::vector<task_handle<int>> const both{one, two};
  co_await wait(both);
  int const sum = co_await one + co_await two;
  expect(sum == 3, "create_task");
}

task<> groups() {
  int sum = 0;
  auto add = [&](int n) -> task<> {
    co_await yield_now();
    sum += n;
  };
  co_await with_task_group([&](task_group& group) -> task<> {
    for (int i = 0; i < 4; ++i) group.spawn(add, i);
    co_return;
  });
  expect(sum == 6, "a task group");
}

task<> timeouts() {
  bool late = false;
  try {
    co_await wait_for(after(1h, 1), 50us);
  } catch (timeout_error const&) {
    late = true;
  }
  int const value = co_await wait_for(after(0us, 2), 1h);
  expect(late && value == 2, "wait_for");
}

task<> races() {
  auto const first = co_await race(after(1h, 1), after(0us, 2));
  expect(first.index() == 1, "race");
  int sum = 0;
  std::vector<task<int>> some;
  for (int i = 0; i < 3; ++i) some.push_back(after(0us, i));
  auto results = as_completed(std::move(some));
  while (auto const one = co_await results.next()) sum += one->value();
  expect(sum == 3, "as_completed");
}

task<> shielding() {
  int const value = co_await shield(after(0us, 3));
  bool const ended = co_await move_on_after(50us, []() -> task<> { co_await sleep(1h); });
  expect(value == 3 && !ended, "shield");
}

task<> locks() {
  lock mutex;
  event ready;
  semaphore places(1);
  int inside = 0;
  auto work = [&]() -> task<> {
    co_await ready.wait();
    co_await places.acquire();
    co_await mutex.acquire();
    ++inside;
    mutex.release();
    places.release();
  };
  auto begin = [&]() -> task<> {
    co_await yield_now();
    ready.set();
  };
  co_await gather(work(), work(), begin());
  expect(inside == 2, "locks");
}

task<> queues() {
  queue<int> numbers(1);
  int sum = 0;
  auto produce = [&]() -> task<> {
    for (int i = 1; i <= 3; ++i) co_await numbers.put(i);
    numbers.shutdown();
  };
  auto consume = [&]() -> task<> {
    try {
      while (true) {
        int const n = co_await numbers.get();
        sum += n;
      }
    } catch (queue_shut_down const&) {
    }
  };
  co_await gather(produce(), consume());
  expect(sum == 6, "a queue");
}

task<> futures_and_calls() {
  event_loop& loop = get_running_loop();
  future<int> answer;
  loop.call_soon([answer]() mutable { answer.set_result(1); });
  timer_handle never_called = loop.call_later(1h, [] {});
  int const value = co_await answer;
  never_called.cancel();
  expect(value == 1, "a future");
}

task<> signals() {
  signal_set wanted({SIGUSR1});
  raise(SIGUSR1);
  int const got = co_await wanted.next();
  wanted.close();
  expect(got == SIGUSR1, "a signal");
}

}  // namespace

std::vector<scenario> const& operations_between_tasks() {
  static std::vector<scenario> const all{
      {"run, sleep, yield_now", sleeping},
      {"gather", gathering},
      {"create_task, spawn, wait", creating_tasks},
      {"with_task_group", groups},
      {"wait_for", timeouts},
      {"race, as_completed", races},
      {"shield, move_on_after", shielding},
      {"lock, event, semaphore", locks},
      {"queue", queues},
      {"future, call_soon, call_later", futures_and_calls},
      {"signal_set", signals},
  };
  return all;
}

}  // namespace halka::faults
