// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/unique_fd.hpp"
#include "../../sched/export.hpp"
#include "../message/code_address.hpp"
#include "child_start.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace halka::detail {

/// What a child has to know of itself.
struct child_description {
  code_address main;
  std::string name;
  child_limits limits;
  std::uint32_t umask = 0;
  std::vector<std::string> environment;
  std::array<unique_fd, 3> fds;  // the directory, and what becomes 1 and 2
};

/// Writes it down: the state of this process at this moment, which the zygote does not know. `directory` is that of this process.
HALKA_API void write_description(message_writer& to, child_start const& start, int directory);
/// *Errors*: `message_error`.
HALKA_API child_description read_description(message_reader& from);

}  // namespace halka::detail
