// SPDX-License-Identifier: MIT
#include "raw_ring.hpp"

#include <sys/mman.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {

int must(int result, char const* what) {
  if (result >= 0) return result;
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(-result));
  std::exit(1);
}

raw_ring::raw_ring(unsigned submissions, unsigned completions) {
  io_uring_params parameters{};
  parameters.flags = IORING_SETUP_CLAMP | IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER |
                     IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
  parameters.cq_entries = completions;
  must(io_uring_queue_init_params(submissions, &ring_, &parameters), "io_uring_setup");
  io_uring_register_ring_fd(&ring_);
}

provided_buffers::provided_buffers(raw_ring& ring, unsigned count, unsigned size)
    : count_(count), size_(size), memory_(std::size_t{count} * size) {
  std::size_t const bytes = count * sizeof(io_uring_buf);
  void* const shared = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) must(-errno, "mmap");
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(shared);
  registration.ring_entries = count;
  must(io_uring_register_buf_ring(ring.get(), &registration, 0), "register buffers");
  ring_ = static_cast<io_uring_buf_ring*>(shared);
  io_uring_buf_ring_init(ring_);
  for (unsigned id = 0; id < count; ++id) give_back(id);
  publish();
}

}  // namespace bench
