// SPDX-License-Identifier: MIT
#include "clock.hpp"

#include "event_loop.hpp"
#include "running.hpp"

namespace halka {

clock::time_point clock::now() noexcept { return detail::current.loop ? detail::current.loop->time() : monotonic(); }

clock::time_point clock::monotonic() noexcept {
  // libstdc++'s steady_clock is CLOCK_MONOTONIC, the clock by which the kernel's deadlines go.
  return time_point(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace halka
