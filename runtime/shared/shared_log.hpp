// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"

#include <cstddef>
#include <cstdint>

namespace halka {
class message_writer;
}

namespace halka::detail {

/// Writes the bytes of a message into a file at the offset. *Errors*: those of write_message_memory.
HALKA_API void copy_message(message_writer const& message, int file, std::uint64_t offset);

/// Gives the memory of a part of a file back to the system.
HALKA_API void free_part(int file, std::uint64_t begin, std::uint64_t end) noexcept;

}  // namespace halka::detail
