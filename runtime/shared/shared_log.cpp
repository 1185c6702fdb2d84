// SPDX-License-Identifier: MIT
#include "shared_log.hpp"

#include "../message/message_memory.hpp"
#include "../message/message_writer.hpp"

#include <fcntl.h>
#include <algorithm>
#include <memory>
#include <span>

namespace halka::detail {

void copy_message(message_writer const& message, int file, std::uint64_t offset) {
  int const memory = message.memory();
  if (memory < 0) return write_message_memory(file, message.bytes().data(), message.size(), offset);
  constexpr std::size_t block_size = 256 * 1024;
  std::unique_ptr<std::byte[]> const block(new std::byte[block_size]);
  for (std::size_t done = 0; done < message.size();) {
    std::size_t const part = std::min(block_size, message.size() - done);
    read_message_memory(memory, block.get(), part, done);
    write_message_memory(file, block.get(), part, offset + done);
    done += part;
  }
}

void free_part(int file, std::uint64_t begin, std::uint64_t end) noexcept {
  if (begin < end)
    fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(begin), static_cast<off_t>(end - begin));
}

}  // namespace halka::detail
