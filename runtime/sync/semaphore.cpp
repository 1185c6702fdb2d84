// SPDX-License-Identifier: MIT
#include "semaphore.hpp"

#include <stdexcept>

namespace halka {

semaphore::semaphore(std::ptrdiff_t permits) : permits_(static_cast<std::size_t>(permits)) {
  if (permits < 0) throw std::invalid_argument("semaphore: the number of permits must not be negative");
}

void semaphore::release() {
  // Permits are free only while nobody waits.
  if (waiters_.empty())
    ++permits_;
  else
    waiters_.grant_first();
}

bool semaphore::acquire_awaiter::await_ready() {
  if (semaphore_.locked()) return false;
  --semaphore_.permits_;
  taken_ = true;
  return detail::within_budget();
}

void semaphore::acquire_awaiter::await_resume() {
  try {
    check_resumed();
  } catch (...) {
    if (was_granted()) semaphore_.release();
    throw;
  }
}

}  // namespace halka
