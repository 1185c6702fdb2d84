// SPDX-License-Identifier: MIT
#pragma once

#include "export.hpp"

#include <chrono>
#include <concepts>
#include <limits>
#include <stdexcept>

namespace halka {

/// The clock of the loop: monotonic, in nanoseconds. Inside a loop `now()` is the time of that loop, so that it follows a virtual
/// clock; elsewhere it is CLOCK_MONOTONIC.
///
/// *Thread safety*: any thread.
/// *Source*: asyncio's `loop.time()`.
struct HALKA_API clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<clock>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept;

  /// CLOCK_MONOTONIC, whatever the running loop says.
  static time_point monotonic() noexcept;
};

/// A deadline that never comes.
inline constexpr clock::time_point never = clock::time_point::max();

/// Converts any duration to the clock's, rounding up (a timer is never early) and saturating at about 292 years.
///
/// *Errors*: `std::invalid_argument` for a duration that is not a number.
template <class Rep, class Period>
constexpr clock::duration to_clock_duration(std::chrono::duration<Rep, Period> d) {
  using seconds = std::chrono::duration<long double>;
  if constexpr (std::floating_point<Rep>) {
    if (d.count() != d.count()) throw std::invalid_argument("halka: a duration that is not a number");
  }
  constexpr long double limit = seconds(clock::duration::max()).count();
  long double const s = std::chrono::duration_cast<seconds>(d).count();
  if (s >= limit) return clock::duration::max();
  if (s <= -limit) return clock::duration::min();
  return std::chrono::ceil<clock::duration>(d);
}

/// `from + d`, saturating at `never`.
template <class Rep, class Period>
constexpr clock::time_point after(clock::time_point from, std::chrono::duration<Rep, Period> d) {
  clock::duration const step = to_clock_duration(d);
  if (from.time_since_epoch().count() >= 0 && step >= never - from) return never;
  if (step < clock::duration::zero() && from.time_since_epoch() < clock::duration::min() - step) return clock::time_point::min();
  return from + step;
}

}  // namespace halka
