// SPDX-License-Identifier: MIT
#pragma once

// Numbers of the kernel's interface that are newer than the headers halka can be built with (Debian 12: liburing 2.3, Linux 6.1).

#include <cstdint>

namespace halka::kernel {

inline constexpr std::uint8_t op_waitid = 50;     // Linux 6.7
inline constexpr std::uint8_t op_ftruncate = 55;  // Linux 6.9

}  // namespace halka::kernel
