// SPDX-License-Identifier: MIT
#include "semaphore.hpp"

#include <limits>
#include <stdexcept>

namespace halka {

semaphore::semaphore(std::ptrdiff_t permits) : semaphore(permits, std::numeric_limits<std::size_t>::max()) {}

semaphore::semaphore(std::ptrdiff_t permits, std::size_t most) : permits_(static_cast<std::size_t>(permits)), most_(most) {
  if (permits < 0) throw std::invalid_argument("semaphore: the number of permits must not be negative");
}

void semaphore::refuse_release() { throw std::invalid_argument("bounded_semaphore: more permits were released than acquired"); }

void semaphore::acquire_awaiter::leave_cancelled() {
  if (granted()) semaphore_.give_back();
  check_cancelled();
}

void semaphore::acquire_awaiter::describe(wait_description& d) const { d.what = with_place("a semaphore"); }

}  // namespace halka
