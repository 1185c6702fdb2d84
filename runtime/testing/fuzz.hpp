// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/backend.hpp"
#include "../../sched/create_task.hpp"
#include "../../sched/export.hpp"
#include "../../sched/fuzz_random.hpp"
#include "../../sched/task.hpp"

#include <concepts>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

namespace halka::testing {

struct fuzz_options {
  std::uint64_t first_seed = 1;
  /// How many seeds are tried; 0 for what the environment variable HALKA_FUZZ_SEEDS says, or else 100.
  unsigned seeds = 0;
  bool virtual_time = true;
  /// Whether reports, such as of a failure that nobody looked at or of tasks that are left at the end, are no failure.
  bool may_report = false;
  /// How input and output are performed: see `run_options`.
  backend_kind backend = backend_kind::automatic;
};

struct fuzz_result {
  unsigned runs = 0;
  unsigned schedules = 0;  // how many of the runs took their steps in an order of their own
};

namespace detail {
HALKA_API fuzz_result fuzz(std::function<task<>(fuzz_random&)> const& body, fuzz_options const& options);
}

/// Runs `body()` or `body(random)` once for each seed, each time in another order.
///
/// The seed decides in which order ready tasks run, which of them are late, which awaits suspend that need not, how many bytes are
/// transferred at a time, which operations are interrupted, and in which order completions are told. All of it may happen on any
/// machine, so a body that fails has an error, and the same seed shows it again. What a body decides at random it should take from
/// `random`, which depends on the seed alone.
///
/// *Errors*: `test_failure` when a run ends with an exception (`deadlock_error` for a lost wake-up), or with a report; its text
/// says what happened, and with which seed. `HALKA_FUZZ=seed` in the environment runs that seed only.
/// *Thread safety*: one thread, on which no loop runs.
template <class F>
requires(std::invocable<F&> || std::invocable<F&, fuzz_random&>) fuzz_result fuzz(F body, fuzz_options const& options = {}) {
  if constexpr (std::invocable<F&, fuzz_random&>)
    return detail::fuzz([&body](fuzz_random& random) -> task<> { return std::invoke(body, random); }, options);
  else
    return detail::fuzz([&body](fuzz_random&) -> task<> { return std::invoke(body); }, options);
}

}  // namespace halka::testing
