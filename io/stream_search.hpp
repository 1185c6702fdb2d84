// SPDX-License-Identifier: MIT
#pragma once

// Reads that want more than what comes next: a number of bytes, a separator, the end. They hold the state of the stream, not the
// stream, which may be moved meanwhile.

#include "../sched/task.hpp"
#include "stream_state.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace halka::detail {

task<std::string> read_exactly(stream_ptr s, std::size_t n);
task<std::string> read_until(stream_ptr s, std::vector<std::string> separators);
task<std::string> read_line(stream_ptr s);
task<std::string> read_all(stream_ptr s);
task<std::optional<std::string>> next_line(stream_ptr s);

}  // namespace halka::detail
