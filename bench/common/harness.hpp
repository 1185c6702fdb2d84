// SPDX-License-Identifier: MIT
#pragma once

// What every contender of the benchmark shares: its command line, its stop-watch, and the line that it prints.
//
//   CONTENDER WORKLOAD UNITS ALIVE [WARM_UP]
//
// does UNITS units of work of which ALIVE exist at the same time, after WARM_UP units that do not count, and prints one JSON
// object. Processor time is what counts: on a machine that others use too it is steadier than the time on the wall.

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>
#include <string_view>

namespace bench {

/// What the runner asks for.
struct order {
  std::size_t units;
  std::size_t alive;
  std::size_t warm_up;
};

inline std::uint64_t now_ns(clockid_t clock = CLOCK_MONOTONIC) noexcept {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(t.tv_nsec);
}

/// The largest memory that this process had so far, in bytes. getrusage would also count what started the process.
std::size_t peak_memory();

/// Lets all threads of this process share one core from now on.
void use_one_core();

/// How late timers fired: counts per microsecond, and everything above 65 ms together.
class lateness {
 public:
  void add(std::uint64_t late_ns) noexcept;
  std::uint64_t count() const noexcept { return count_; }
  double p99_ms() const noexcept;
  double max_ms() const noexcept { return static_cast<double>(max_) * 1e-6; }

 private:
  std::array<std::uint32_t, 65536> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

/// One sleeper of so many looks at the clock when it wakes.
inline constexpr std::size_t lateness_sample = 16;
inline lateness late;

/// Sleepers of the timer workload: the first deadline comes when all of them sleep, one follows every microsecond, in no order.
class random_delays {
 public:
  explicit random_delays(std::size_t sleepers) noexcept : span_(sleepers * 1000) {}
  std::uint64_t next_ns() noexcept {
    state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
    return span_ + state_ % span_;
  }

 private:
  std::uint64_t span_;
  std::uint64_t state_ = 0x9e3779b97f4a7c15;
};

/// Takes the time between `start` and `stop`.
class meter {
 public:
  void start();
  void stop();

 private:
  friend int run_contender(int, char**, std::span<struct workload const>);
  std::uint64_t wall_ = 0;
  std::uint64_t processor_ = 0;
  std::size_t memory_ = 0;
};

/// Calls `batch(alive)` until the warm-up and then the measured units are done.
template <class Batch>
void repeat(order const& o, meter& m, Batch batch) {
  for (std::size_t done = 0; done < o.warm_up; done += o.alive) batch(o.alive);
  m.start();
  for (std::size_t done = 0; done < o.units; done += o.alive) batch(o.alive);
  m.stop();
}

struct workload {
  std::string_view name;
  void (*run)(order const&, meter&);
};

/// The `main` of a contender.
int run_contender(int argc, char** argv, std::span<workload const> workloads);

/// Where results go, so that the compiler cannot drop the work.
inline std::size_t volatile sink;

}  // namespace bench
