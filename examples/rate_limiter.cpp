// SPDX-License-Identifier: MIT
// A limit of calls per time, for a service that refuses more: at most three calls begin in any 200 ms. Who comes too early waits,
// in the order of coming; one of them loses patience, and the next gets its place.
//
// Run it: build/release/examples/rate_limiter
#include <halka/halka.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <deque>
#include <exception>
#include <vector>

using namespace std::chrono_literals;

/// Lets at most `calls` tasks pass in any time as long as `period`.
///
/// Only who holds the lock looks at the clock. A task that is cancelled before it has passed has noted nothing: its turn goes to
/// the next, and what remains of the wait is told by the times of those who passed.
class rate_limiter {
 public:
  rate_limiter(std::size_t calls, halka::clock::duration period) : calls_(calls), period_(period) {}

  halka::task<> pass() {
    auto const turn = co_await turn_.hold();
    if (passed_.size() == calls_) {
      co_await halka::sleep_until(passed_.front() + period_);
      passed_.pop_front();
    }
    passed_.push_back(halka::clock::now());
  }

 private:
  std::size_t calls_;
  halka::clock::duration period_;
  halka::lock turn_;
  std::deque<halka::clock::time_point> passed_;  // when the last ones did, at most `calls_`
};

halka::task<> call(rate_limiter& limit, int number, halka::clock::duration patience) {
  auto const begin = halka::clock::now();
  char const* what = "";
  try {
    co_await halka::wait_for(limit.pass(), patience);
  } catch (halka::timeout_error const&) {
    what = " gives up";
  }
  std::printf("%.1f s  call %d%s\n", std::chrono::duration<double>(halka::clock::now() - begin).count(), number, what);
}

halka::task<> ten_calls() {
  rate_limiter limit(3, 200ms);
  std::vector<halka::task<>> calls;
  for (int number = 1; number <= 10; ++number) calls.push_back(call(limit, number, number == 5 ? 100ms : 10s));
  co_await halka::gather(std::move(calls));
}

int main() {
  try {
    halka::run(ten_calls());
  } catch (std::exception const& e) {
    std::fprintf(stderr, "rate_limiter: %s\n", e.what());
    return 1;
  }
}
