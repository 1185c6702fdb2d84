// SPDX-License-Identifier: MIT
// Very many tasks at once, all of them cancelled at once, and very deep chains of them.
#include "../measures.hpp"
#include "../random_source.hpp"
#include "scenarios.hpp"

#include <halka/halka.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace soak {

namespace {

using namespace std::chrono_literals;

double seconds_since(halka::clock::time_point begin) { return std::chrono::duration<double>(halka::clock::now() - begin).count(); }

}  // namespace

// -- very many

namespace {

struct storm {
  std::uint64_t tasks = 0;
  std::uint64_t started = 0;
  std::uint64_t ended = 0;
  std::uint64_t sum = 0;
  std::size_t memory = 0;
  double seconds = 0;
  halka::event all_started;
  halka::event go;

  halka::task<> be_one(std::uint64_t i) {
    if (++started == tasks) all_started.set();
    co_await go.wait();
    co_await halka::yield_now();
    co_await halka::sleep(std::chrono::microseconds(i % 10'000));
    sum += i;
    ++ended;
  }

  halka::task<> start_all(halka::task_group& group) {
    for (std::uint64_t i = 0; i < tasks; ++i) group.create_task(be_one(i));
    co_await all_started.wait();
    memory = resident_memory();
    go.set();
  }

  halka::task<> run() {
    std::size_t const before = resident_memory();
    auto const begin = halka::clock::now();
    co_await halka::with_task_group([this](halka::task_group& group) { return start_all(group); });
    seconds = seconds_since(begin);
    memory -= std::min(memory, before);
    check(ended == tasks && sum == tasks * (tasks - 1) / 2, "not every task has ended");
    halka::loop_statistics const now = halka::get_running_loop().statistics();
    check(now.tasks_alive == 1 && now.timers == 0, "tasks or timers are left");
  }
};

}  // namespace

std::string run_task_storm(std::uint64_t tasks) {
  static std::size_t memory = 0;  // the second round finds that of the first
  storm s;
  s.tasks = tasks;
  halka::run(s.run());
  memory = std::max(memory, s.memory);
  return figures("%llu tasks at once, each with three suspensions, in %.2f s, %.0f bytes of memory each", number(tasks), s.seconds,
                 static_cast<double>(memory) * 1024 / static_cast<double>(tasks));
}

// -- all cancelled

namespace {

/// What waiting tasks wait for.
struct waiting_room {
  halka::event never_set;
  halka::queue<int> empty;
  halka::semaphore taken = halka::semaphore(0);
  halka::lock held;
  std::uint64_t waiting = 0;
  std::uint64_t cleaned_up = 0;

  halka::task<> wait(std::uint64_t kind) {
    switch (kind) {
      case 0:
        co_await halka::sleep(1h);
        break;
      case 1:
        co_await never_set.wait();
        break;
      case 2:
        co_await empty.get();
        break;
      case 3:
        co_await taken.acquire();
        break;
      case 4:
        co_await held.acquire();
        break;
      case 5:
        co_await halka::wait_for(never_set.wait(), 1h);
        break;
      default:
        co_await halka::gather(wait(0), wait(1));
        break;
    }
  }
  /// Its clean-up suspends, too.
  halka::task<> be_one(std::uint64_t i) {
    ++waiting;
    std::exception_ptr cancelled;
    try {
      co_await wait(i % 7);
    } catch (halka::cancelled_error const&) {
      cancelled = std::current_exception();
    }
    check(cancelled != nullptr, "a wait ended by itself");
    co_await halka::yield_now();
    ++cleaned_up;
    std::rethrow_exception(cancelled);
  }

  halka::task<> run(std::uint64_t count) {
    co_await held.acquire();
    std::vector<halka::task_handle<>> tasks;
    for (std::uint64_t i = 0; i < count; ++i) tasks.push_back(halka::create_task(be_one(i)));
    while (waiting < count) co_await halka::yield_now();
    for (int i = 0; i < 3; ++i) co_await halka::yield_now();
    random_source random(count);
    for (std::size_t i = tasks.size(); i > 1; --i) std::swap(tasks[i - 1], tasks[random.below(i)]);
    for (auto& t : tasks) t.cancel();
    auto const outcomes = co_await halka::gather(halka::return_exceptions, tasks);
    for (auto const& o : outcomes)
      check(!o.has_value() && halka::is_cancelled_error(o.exception()), "a task that was cancelled ended in another way");
    check(cleaned_up == count, "not every task was cleaned up");
    co_await use_again();
  }
  /// Nothing was given to those who went.
  halka::task<> use_again() {
    empty.put_nowait(7);
    int const item = co_await empty.get();
    check(item == 7, "the queue lost its item");
    taken.release();
    co_await taken.acquire();
    held.release();
    co_await held.acquire();
    held.release();
    halka::loop_statistics const now = halka::get_running_loop().statistics();
    check(now.tasks_alive == 1 && now.timers == 0, "tasks or timers are left");
  }
};

}  // namespace

std::string run_cancel_storm(std::uint64_t tasks) {
  auto const begin = halka::clock::now();
  waiting_room room;
  halka::run(room.run(tasks));
  return figures("%llu tasks in 7 kinds of waits cancelled in one pass, each with a clean-up that suspends, in %.2f s",
                 number(tasks), seconds_since(begin));
}

// -- very deep

namespace {

enum class bottom { result, error, wait };

halka::task<std::uint64_t> descend(std::uint64_t depth, bottom what) {
  if (depth == 0) {
    co_await halka::yield_now();
    if (what == bottom::error) throw std::runtime_error("from the bottom");
    if (what == bottom::wait) co_await halka::sleep_until(halka::never);
    co_return 0;
  }
  std::uint64_t const below = co_await descend(depth - 1, what);
  co_return below + 1;
}

halka::task<> go_deep(std::uint64_t depth) {
  std::uint64_t const reached = co_await descend(depth, bottom::result);
  check(reached == depth, "a result was lost on its way");
  std::string text;
  try {
    co_await descend(depth, bottom::error);
  } catch (std::runtime_error const& e) {
    text = e.what();
  }
  check(text == "from the bottom", "an error was lost on its way");
  auto chain = halka::create_task(descend(depth, bottom::wait));
  for (int i = 0; i < 3; ++i) co_await halka::yield_now();
  chain.cancel();
  std::vector const to_end = {chain};
  co_await halka::wait(to_end);
  check(chain.cancelled(), "a cancellation was lost on its way");
}

}  // namespace

std::string run_deep_chain(std::uint64_t depth) {
  auto const begin = halka::clock::now();
  halka::run(go_deep(depth));
  return figures("%llu coroutines that await each other: a result, an error and a cancellation came all the way, in %.2f s",
                 number(depth), seconds_since(begin));
}

}  // namespace soak
