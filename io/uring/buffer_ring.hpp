// SPDX-License-Identifier: MIT
#pragma once

// Buffers that the kernel takes one of when data arrives, so that a connection which waits holds no memory. A ring that lies in
// shared memory tells the kernel which are free. A taken buffer is given back as soon as its bytes were copied out; when none is
// free the kernel fails the operation with ENOBUFS, and the data stays in the socket.
//
// They are few, so that they stay in the processor's caches.

#include <cstddef>
#include <memory>

struct io_uring;
struct io_uring_buf_ring;

namespace halka {

class buffer_ring {
 public:
  static constexpr unsigned count = 128;
  static constexpr unsigned buffer_size = 16384;

  explicit buffer_ring(io_uring& ring) noexcept;
  ~buffer_ring();
  buffer_ring(buffer_ring const&) = delete;
  buffer_ring& operator=(buffer_ring const&) = delete;

  /// False on a kernel without such rings (below 5.19), or without memory for one.
  bool works() const noexcept { return ring_ != nullptr; }
  char const* data(unsigned id) const noexcept { return memory_ + std::size_t{id} * buffer_size; }
  void give_back(unsigned id) noexcept;

 private:
  void unmap() noexcept;

  io_uring& owner_;
  char* memory_ = nullptr;             // the buffers
  io_uring_buf_ring* ring_ = nullptr;  // lifetime: both are the kernel's until the ring is unregistered
};

}  // namespace halka
