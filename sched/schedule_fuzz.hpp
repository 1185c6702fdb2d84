// SPDX-License-Identifier: MIT
#pragma once

// Other schedules than the usual one, for tests.
//
// What is ready runs in the order in which it became ready, so a program sees few of the orders in which it might run, and an error
// that needs another one stays hidden until some delay somewhere changes. With this, a loop takes what a pass runs in an order that
// a seed decides, in one of three ways, which the seed decides too:
//
//   shuffle     all that is ready, in any order
//   delay       the same, but some of it only in a later pass
//   priorities  every task has a priority, and a pass runs the highest alone; from time to time priorities change. This finds what
//               needs one task to be late for long (Burckhardt and others, "A randomized scheduler with probabilistic guarantees
//               of finding bugs", ASPLOS 2010)
//
// Besides, awaits that find their result there suspend all the same in some passes. Callbacks keep their order: call_soon promises
// it. The same seed gives the same schedule, as long as nothing outside of the loop decides what becomes ready when.

#include "export.hpp"
#include "fuzz_random.hpp"
#include "runnable.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace halka {

namespace detail {

/// A number as one writes it: 42, 0x2a, 052. None if it is something else or too large.
HALKA_API std::optional<std::uint64_t> number_in(char const* text);

}  // namespace detail

class HALKA_API schedule_fuzz {
 public:
  explicit schedule_fuzz(std::uint64_t seed) noexcept;

  /// Takes out of the queue what the next pass runs, in the order in which it runs, as a list that ends in null. What must wait
  /// stays in the queue.
  runnable* take(ready_queue& queue);

  /// How many awaits of a step in the next pass may find their result there and go on.
  std::uint32_t budget() noexcept;

  /// What the environment variable HALKA_FUZZ says; none if it is not set.
  ///
  /// *Errors*: `std::invalid_argument` if it is no number.
  static std::optional<std::uint64_t> seed_from_environment();

  /// "HALKA_FUZZ=0x2a (step 17)"
  std::string description() const;
  /// The steps taken so far.
  std::uint64_t steps() const noexcept { return steps_; }
  /// A number that tells this schedule from others.
  std::uint64_t fingerprint() const noexcept { return fingerprint_; }

 private:
  enum class way : std::uint8_t { shuffle, delay, priorities };

  void shuffle_steps();
  void keep_back(ready_queue& queue, std::size_t kept_place);
  std::size_t highest() noexcept;

  std::uint64_t seed_;
  fuzz_random random_;
  way way_;
  std::uint64_t priorities_ = 0;           // what tells the priorities of now from those before
  std::uint64_t change_ = 0;               // in so many passes they change
  std::vector<runnable*> now_;             // what was ready
  std::vector<std::size_t> steps_in_now_;  // where in it the steps of tasks are
  std::uint64_t steps_ = 0;
  std::uint64_t fingerprint_ = 0;
};

}  // namespace halka
