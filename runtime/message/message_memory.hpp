// SPDX-License-Identifier: MIT
#pragma once

// Where the bytes of a large message lie: in a file without a name (a memfd), which travels to another process as a descriptor. It
// is written and read with system calls instead of being mapped. A block of any size is then copied once, whoever runs out of
// memory is told so instead of being killed by SIGBUS, a reader that may use little address space can read it, and nothing that the
// other process does to the file can hurt.

#include "../../io/unique_fd.hpp"
#include "../../sched/export.hpp"

#include <cstddef>
#include <cstdint>

namespace halka::detail {

/// A new memfd. *Errors*: `std::system_error` "message of N bytes: ...".
HALKA_API unique_fd make_message_memory(std::uint64_t message_size);

/// Writes all bytes at the offset. *Errors*: `std::system_error` "message of N bytes: ...", N being the size so far.
HALKA_API void write_message_memory(int memory, void const* bytes, std::size_t count, std::uint64_t offset);

/// Reads so many bytes. *Errors*: `message_error` if there are fewer.
HALKA_API void read_message_memory(int memory, void* to, std::size_t count, std::uint64_t offset);

/// The size of the file.
HALKA_API std::uint64_t message_memory_size(int memory);

}  // namespace halka::detail
