// SPDX-License-Identifier: MIT
// Timers of every kind, and time that jumps: the process is stopped and continued, or the clock is days ahead at once.
#include "../measures.hpp"
#include "../random_source.hpp"
#include "opponent.hpp"
#include "scenarios.hpp"

#include <halka/halka.hpp>

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace soak {

namespace {

using namespace std::chrono_literals;
using deadlines = std::vector<halka::clock::time_point>;

/// Notes the timers that have fired, and in which pass.
class firing_log {
 public:
  explicit firing_log(deadlines const& set) : set_(set), fired_(set.size()) {}

  void note(std::size_t i) {
    check(!fired_[i], "a timer fired twice");
    check(halka::get_running_loop().time() >= set_[i], "a timer fired early");
    check(order_.empty() || std::pair(set_[order_.back()], order_.back()) < std::pair(set_[i], i), "timers fired out of order");
    fired_[i] = true;
    order_.push_back(i);
    std::uint64_t const pass = halka::get_running_loop().statistics().passes;
    in_one_pass_ = pass == pass_ ? in_one_pass_ + 1 : 1;
    most_in_one_pass_ = std::max(most_in_one_pass_, in_one_pass_);
    pass_ = pass;
  }
  std::size_t count() const noexcept { return order_.size(); }
  std::size_t most_in_one_pass() const noexcept { return most_in_one_pass_; }

 private:
  deadlines const& set_;
  std::vector<bool> fired_;
  std::vector<std::size_t> order_;
  std::uint64_t pass_ = 0;
  std::size_t in_one_pass_ = 0;
  std::size_t most_in_one_pass_ = 0;
};

std::vector<halka::timer_handle> set_all(deadlines const& when, firing_log& log) {
  std::vector<halka::timer_handle> timers;
  timers.reserve(when.size());
  for (std::size_t i = 0; i < when.size(); ++i)
    timers.push_back(halka::get_running_loop().call_at(when[i], [&log, i] { log.note(i); }));
  return timers;
}

}  // namespace

// -- of every kind

namespace {

halka::task<> set_and_wait(std::uint64_t count, double& seconds) {
  halka::event_loop& loop = halka::get_running_loop();
  random_source random(count);
  auto const now = loop.time();
  deadlines when;
  std::size_t due = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::chrono::nanoseconds const soon(random.below(50'000'000));
    switch (i % 5) {
      case 0:
        when.push_back(now - 1000 * soon);  // the past
        break;
      case 1:
        when.push_back(now + soon);
        break;
      case 2:
        when.push_back(now + 20ms);  // all the same
        break;
      case 3:
        when.push_back(halka::after(now, std::chrono::years(100)) + soon);
        break;
      default:
        when.push_back(i % 2 == 0 ? halka::never : halka::clock::time_point::min());
        break;
    }
    due += when.back() < now + 1h;
  }
  firing_log log(when);
  auto timers = set_all(when, log);
  while (log.count() < due) co_await halka::sleep(1ms);
  for (auto& t : timers) t.cancel();
  seconds = std::chrono::duration<double>(loop.time() - now).count();
  co_await halka::yield_now();
  check(log.count() == due, "a timer fired that was not due");
  check(loop.statistics().timers == 0, "timers are left");
}

}  // namespace

std::string set_many_timers(std::uint64_t timers) {
  double seconds = 0;
  halka::run(set_and_wait(timers, seconds));
  return figures("%llu timers from the past to 100 years ahead and never: each that was due fired once, in order, in %.2f s",
                 number(timers), seconds);
}

// -- stopped

namespace {

constexpr auto step = 5ms;
constexpr auto before_and_after = 200ms;

struct standstill {
  std::uint64_t ticks = 0;
  halka::clock::duration longest{};
  std::size_t most_in_one_pass = 0;

  halka::task<> tick() {
    auto last = halka::clock::now();
    while (true) {
      co_await halka::sleep(step);
      longest = std::max(longest, halka::clock::now() - last);
      last = halka::clock::now();
      ++ticks;
    }
  }
  halka::task<> run(opponent const& other, std::chrono::milliseconds stopped) {
    auto const begin = halka::clock::now();
    deadlines when;
    for (auto at = begin; at < begin + stopped + before_and_after; at += step) when.push_back(at);
    firing_log log(when);
    auto const timers = set_all(when, log);
    auto ticking = halka::create_task(tick());
    other.begin(1);
    co_await halka::sleep_until(when.back() + step);
    ticking.cancel();
    check(log.count() == when.size(), "timers were lost");
    check(longest >= stopped, "the process was not stopped");
    check(ticks <= static_cast<std::uint64_t>((halka::clock::now() - begin - stopped) / step) + 1,
          "a sleeper made up for lost time");
    most_in_one_pass = log.most_in_one_pass();
  }
};

}  // namespace

std::string stand_still(std::uint64_t milliseconds) {
  std::chrono::milliseconds const stopped(milliseconds);
  opponent other([stopped, program = getpid()](std::uint16_t, opponent_line const&) {
    std::this_thread::sleep_for(before_and_after / 2);
    kill(program, SIGSTOP);
    std::this_thread::sleep_for(stopped);
    kill(program, SIGCONT);
  });
  standstill s;
  halka::run(s.run(other, stopped));
  other.end();
  return figures(
      "stopped for %llu ms: %zu timers that came due meanwhile fired in one pass, once each, in order; a loop of sleeps lost its "
      "ticks and made up for none",
      number(milliseconds), s.most_in_one_pass);
}

// -- days ahead

namespace {

halka::task<> jump(std::chrono::hours far) {
  auto const begin = halka::clock::now();
  constexpr int count = 1000;
  deadlines when;
  for (int i = 1; i <= count; ++i) when.push_back(begin + far / count * i);
  firing_log log(when);
  auto const timers = set_all(when, log);
  std::uint64_t ticks = 0;
  std::uint64_t timeouts = 0;
  auto const tick = [&ticks]() -> halka::task<> {
    for (; ticks < 1'000'000; ++ticks) co_await halka::sleep(1s);
  };
  auto const be_late = [&timeouts]() -> halka::task<> {
    try {
      co_await halka::wait_for(halka::sleep_until(halka::never), 1min);
    } catch (halka::timeout_error const&) {
      ++timeouts;
    }
  };
  auto ticking = halka::create_task(tick());
  auto late = halka::create_task(be_late());
  co_await halka::yield_now();
  halka::testing::clock_hold const hold;
  halka::testing::advance(far);
  for (int i = 0; i < 10; ++i) co_await halka::yield_now();
  check(log.count() == count && log.most_in_one_pass() == count, "not every timer fired at once");
  check(ticks == 1, "a sleeper woke " + std::to_string(ticks) + " times");
  check(timeouts == 1, "a timeout did not end its wait");
  ticking.cancel();
  std::vector const to_end = {ticking, late};
  co_await halka::wait(to_end);
}

}  // namespace

std::string jump_ahead(std::uint64_t days) {
  std::chrono::hours const far(24 * days);
  halka::testing::run_test([far] { return jump(far); });
  return figures("a clock that is %llu days ahead at once: 1000 timers fired once each, in order, sleepers woke once",
                 number(days));
}

}  // namespace soak
