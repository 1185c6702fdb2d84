// SPDX-License-Identifier: MIT
#include "message_memory.hpp"

#include "../../io/memory_file.hpp"
#include "message_error.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

namespace halka::detail {

namespace {

constexpr std::size_t most_at_once = std::size_t{1} << 30;  // the kernel takes no more than 2 GiB

[[noreturn]] void fail(std::uint64_t message_size) {
  throw std::system_error(errno, std::generic_category(), "message of " + std::to_string(message_size) + " bytes");
}

}  // namespace

unique_fd make_message_memory(std::uint64_t message_size) {
  unique_fd memory(open_memory_file("halka message"));
  if (!memory) fail(message_size);
  return memory;
}

void write_message_memory(int memory, void const* bytes, std::size_t count, std::uint64_t offset) {
  auto const* from = static_cast<std::byte const*>(bytes);
  std::uint64_t const end = offset + count;
  while (offset < end) {
    std::size_t const part = std::min<std::uint64_t>(end - offset, most_at_once);
    ssize_t const written = pwrite(memory, from, part, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(end);
    from += written;
    offset += static_cast<std::uint64_t>(written);
  }
}

void read_message_memory(int memory, void* to, std::size_t count, std::uint64_t offset) {
  auto* into = static_cast<std::byte*>(to);
  while (count > 0) {
    ssize_t const got = pread(memory, into, std::min(count, most_at_once), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(offset + count);
    if (got == 0) throw message_error("the message ended while it was read");
    into += got;
    offset += static_cast<std::uint64_t>(got);
    count -= static_cast<std::size_t>(got);
  }
}

std::uint64_t message_memory_size(int memory) {
  struct stat status;
  if (fstat(memory, &status) != 0) throw std::system_error(errno, std::generic_category(), "size of a message");
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace halka::detail
