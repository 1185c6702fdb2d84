// SPDX-License-Identifier: MIT
#include "buffer_ring.hpp"

#include "../kernel_features.hpp"

#include <liburing.h>
#include <sys/mman.h>
#include <cstdint>

namespace halka {

namespace {

constexpr std::size_t ring_bytes = buffer_ring::count * sizeof(io_uring_buf);
constexpr std::size_t all_bytes = ring_bytes + std::size_t{buffer_ring::count} * buffer_ring::buffer_size;
static_assert(ring_bytes % 8 == 0);

}  // namespace

buffer_ring::buffer_ring(io_uring& ring) noexcept : owner_(ring) {
  if (!kernel::allows(kernel::feature::buffer_rings)) return;
  // Pages come when they are first written to. The ring lies at the front, where it is aligned to a page.
  void* const memory = mmap(nullptr, all_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  ring_ = static_cast<io_uring_buf_ring*>(memory);
  memory_ = static_cast<char*>(memory) + ring_bytes;
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(memory);
  registration.ring_entries = count;
  if (io_uring_register_buf_ring(&owner_, &registration, 0) != 0) {
    unmap();
    return;
  }
  io_uring_buf_ring_init(ring_);
  for (unsigned id = 0; id < count; ++id) give_back(id);
}

buffer_ring::~buffer_ring() {
  if (!ring_) return;
  io_uring_unregister_buf_ring(&owner_, 0);
  unmap();
}

void buffer_ring::unmap() noexcept {
  munmap(ring_, all_bytes);
  ring_ = nullptr;
}

void buffer_ring::give_back(unsigned id) noexcept {
  io_uring_buf_ring_add(ring_, const_cast<char*>(data(id)), buffer_size, static_cast<unsigned short>(id),
                        io_uring_buf_ring_mask(count), 0);
  io_uring_buf_ring_advance(ring_, 1);
}

}  // namespace halka
