// SPDX-License-Identifier: MIT
// Random programs: every combinator inside every other, failing, cancelled and timed out at random.
#include "fuzzing.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <exception>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// What a program does of itself that is no error of the runtime's.
struct planned_failure : std::runtime_error {
  planned_failure() : runtime_error("planned") {}
};

struct door {
  int* closed;
  counted here;
  explicit door(int* c) : closed(c) {}
  task<> close() {
    co_await sleep(1ms);
    co_await yield_now();
    ++*closed;
  }
};

class random_program {
 public:
  explicit random_program(fuzz_random& random) : random_(random) {}

  task<> part(int depth) {
    counted const held;
    co_await dawdle(random_);
    if (depth == 0) {
      if (random_.one_in(6)) throw planned_failure();
      co_return;
    }
    co_await block(depth - 1);
    co_await dawdle(random_);
  }

 private:
  task<> block(int depth) {
    switch (random_.below(11)) {
      case 0:
        co_await gather(part(depth), part(depth));
        break;
      case 1:
        co_await gather(return_exceptions, part(depth), part(depth), part(depth));
        break;
      case 2:
        co_await race(part(depth), part(depth));
        break;
      case 3:
        co_await group(depth);
        break;
      case 4:
        co_await timed(depth);
        break;
      case 5:
        co_await wait_for(part(depth), some_time(random_, 6) + 1ms);
        break;
      case 6:
        co_await scope(depth);
        break;
      case 7:
        co_await closing(depth);
        break;
      case 8:
        co_await waiting(depth);
        break;
      case 9:
        co_await in_order_of_completion(depth);
        break;
      default:
        co_await part(depth);
        break;
    }
  }

  task<> group(int depth) {
    co_await with_task_group([&](task_group& g) -> task<> {
      g.create_task(part(depth));
      g.create_task(part(depth));
      co_await dawdle(random_);
      if (random_.one_in(4)) g.cancel();
      if (random_.one_in(4)) throw planned_failure();
    });
  }

  task<> timed(int depth) {
    unsigned const before = current_task().cancelling();
    try {
      co_await timeout(some_time(random_, 6), [&](timeout_scope& scope) -> task<> {
        co_await part(depth);
        if (random_.one_in(3) && !scope.expired()) scope.reschedule(clock::now() + some_time(random_));
        co_await dawdle(random_);
      });
    } catch (timeout_error const&) {
      // The deadline's own request is gone; one from outside may have come.
      must(current_task().cancelling() >= before, "a timeout takes back more than it asked for");
    }
  }

  task<> scope(int depth) {
    cancel_scope s;
    auto body = [&]() -> task<> {
      if (random_.one_in(2)) s.cancel();
      co_await part(depth);
    };
    co_await s.run(body);
    must(!s.cancelled_caught() || s.cancel_called(), "a scope caught what it did not ask for");
  }

  task<> closing(int depth) {
    int closed = 0;
    std::exception_ptr error;
    try {
      co_await with(door(&closed), [&](door&) -> task<> { co_await part(depth); });
    } catch (...) {
      error = std::current_exception();
    }
    must(closed == 1, "a resource was closed " + std::to_string(closed) + " times");
    if (error) std::rethrow_exception(error);
  }

  task<> waiting(int depth) {
    std::vector<task_handle<>> const tasks{create_task(part(depth)), create_task(part(depth))};
    std::exception_ptr error;
    try {
      co_await wait(tasks, random_.one_in(2) ? return_when::first_completed : return_when::first_exception);
    } catch (...) {
      error = std::current_exception();
    }
    for (task_handle<> const& t : tasks) t.cancel();
    co_await shield_until_done(tasks);
    if (error) std::rethrow_exception(error);
  }

  /// Tasks of `wait` belong to nobody else: they are waited for however often this task is cancelled.
  task<> shield_until_done(std::vector<task_handle<>> const& tasks) {
    for (task_handle<> const& t : tasks) {
      while (!t.done()) {
        try {
          co_await wait(tasks);
        } catch (cancelled_error const&) {
        }
        // A cancelled scope throws at every suspension, also here: let the tasks run on without.
        if (!t.done()) co_return;
      }
      t.state().mark_retrieved();
    }
  }

  task<> in_order_of_completion(int depth) {
    std::vector<task<>> parts;
    parts.push_back(part(depth));
    parts.push_back(part(depth));
    auto results = as_completed(std::move(parts));
    while (auto one = co_await results.next()) {
      if (random_.one_in(3)) co_return;
    }
  }

  fuzz_random& random_;
};

}  // namespace

TEST_CASE("random programs of every combinator end and leave nothing", "[fuzz]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    random_program program(random);
    captured_reports const quiet;  // failures of tasks that nobody waits for any more are planned
    auto const running = create_task(program.part(5));
    std::vector<task_handle<>> const all{running};
    co_await cancel_some(random, all, 3);
    co_await wait(all);
    running.state().mark_retrieved();
    // Tasks that were left by a cancelled `wait` end by themselves.
    co_await sleep(1h);
    must(all_tasks().size() == 1, std::to_string(all_tasks().size() - 1) + " tasks are left");
    must(get_running_loop().statistics().timers == 0, "timers are left");
    if (running.cancelled()) co_return;
    try {
      running.result();
    } catch (planned_failure const&) {
    } catch (timeout_error const&) {
    } catch (exception_group const&) {
    }
  });
}
