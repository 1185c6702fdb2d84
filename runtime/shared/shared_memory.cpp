// SPDX-License-Identifier: MIT
#include "shared_memory.hpp"

#include "../../io/memory_file.hpp"
#include "../../io/operation_awaiter.hpp"
#include "../../io/unique_fd.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <utility>

namespace halka {

struct detail::shared_mapping {
  shared_mapping(unique_fd owned, std::size_t bytes) : memory(std::move(owned)), size(bytes) {
    address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
    if (address == MAP_FAILED) throw_io_error(errno, "shared memory of " + std::to_string(size) + " bytes");
  }
  shared_mapping(shared_mapping const&) = delete;
  shared_mapping& operator=(shared_mapping const&) = delete;
  ~shared_mapping() { munmap(address, size); }

  unique_fd memory;
  std::size_t size;
  void* address = nullptr;
};

namespace {
/// The size never changes: what is mapped cannot vanish, and everybody sees the same size.
constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
}  // namespace

shared_memory::shared_memory(std::size_t size) {
  if (size == 0) throw std::invalid_argument("shared memory of 0 bytes");
  unique_fd memory(detail::open_memory_file("halka shared memory"));
  if (!memory || ftruncate(memory.get(), static_cast<off_t>(size)) != 0 || fcntl(memory.get(), F_ADD_SEALS, seals) != 0)
    detail::throw_io_error(errno, "shared memory of " + std::to_string(size) + " bytes");
  mapping_ = std::make_shared<detail::shared_mapping const>(std::move(memory), size);
}

std::span<std::byte> shared_memory::data() const noexcept {
  if (!mapping_) return {};
  return {static_cast<std::byte*>(mapping_->address), mapping_->size};
}

void shared_memory::save(message_writer& out) const {
  out(mapping_ != nullptr);
  if (mapping_) out(mapping_->memory);
}

void shared_memory::load(message_reader& in) {
  mapping_ = nullptr;
  bool is_there = false;
  in(is_there);
  if (!is_there) return;
  unique_fd memory;
  in(memory);
  struct stat status;
  int const sealed = memory ? fcntl(memory.get(), F_GET_SEALS) : -1;
  if (sealed < 0 || (sealed & seals) != seals || fstat(memory.get(), &status) != 0 || status.st_size == 0)
    throw message_error("the message is garbled: a descriptor is not the shared memory that it should be");
  mapping_ = std::make_shared<detail::shared_mapping const>(std::move(memory), static_cast<std::size_t>(status.st_size));
}

}  // namespace halka
