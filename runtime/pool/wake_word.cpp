// SPDX-License-Identifier: MIT
#include "wake_word.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace halka::detail {

// Not FUTEX_PRIVATE_FLAG: the two sides are processes.

void wake_word::wait(std::uint32_t why) noexcept { syscall(SYS_futex, &word_, FUTEX_WAIT, why, nullptr, nullptr, 0); }

void wake_word::wake_sleeper() noexcept {
  word_.store(awake);
  syscall(SYS_futex, &word_, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

}  // namespace halka::detail
