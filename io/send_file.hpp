// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/task.hpp"
#include "stream_state.hpp"

#include <cstdint>

namespace halka::detail {

/// Sends `count` bytes of a file from `offset` on; less only at its end. From a file to a socket they go through a pipe inside the
/// kernel; where that is refused they are read and written in pieces.
task<std::uint64_t> send_file(stream_ptr s, int file, std::uint64_t offset, std::uint64_t count);

}  // namespace halka::detail
