// SPDX-License-Identifier: MIT
#pragma once

// io_uring with nothing around it but set-up: for the limit programs and the load generator. The flags are those that halka uses.

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

/// Ends the program with a message if a call failed; `result` is -errno.
int must(int result, char const* what);

class raw_ring {
 public:
  explicit raw_ring(unsigned submissions = 4096, unsigned completions = 32768);
  ~raw_ring() { io_uring_queue_exit(&ring_); }
  raw_ring(raw_ring const&) = delete;
  raw_ring& operator=(raw_ring const&) = delete;

  io_uring* get() noexcept { return &ring_; }

  /// An empty entry; a full queue is handed over first.
  io_uring_sqe* entry() {
    for (;;) {
      if (io_uring_sqe* const sqe = io_uring_get_sqe(&ring_)) return sqe;
      io_uring_submit(&ring_);
    }
  }

  /// Submits, waits for one completion at least, and calls `take(cqe)` for each.
  template <class Take>
  void turn(Take take) {
    int const result = io_uring_submit_and_wait(&ring_, 1);
    if (result < 0 && result != -EINTR && result != -EBUSY && result != -EAGAIN) must(result, "io_uring_enter");
    unsigned head = 0, taken = 0;
    io_uring_cqe* cqe = nullptr;
    io_uring_for_each_cqe(&ring_, head, cqe) {
      ++taken;
      take(*cqe);
    }
    io_uring_cq_advance(&ring_, taken);
  }

 private:
  io_uring ring_{};
};

/// Buffers of which the kernel takes one when data arrives.
class provided_buffers {
 public:
  /// `count` is a power of two.
  provided_buffers(raw_ring& ring, unsigned count, unsigned size);

  char* data(unsigned id) noexcept { return memory_.data() + std::size_t{id} * size_; }
  static unsigned id(io_uring_cqe const& cqe) noexcept { return cqe.flags >> IORING_CQE_BUFFER_SHIFT; }

  /// The kernel sees it after `publish`.
  void give_back(unsigned id) noexcept {
    io_uring_buf_ring_add(ring_, data(id), size_, static_cast<unsigned short>(id), io_uring_buf_ring_mask(count_), returned_++);
  }
  void publish() noexcept {
    if (returned_ > 0) io_uring_buf_ring_advance(ring_, returned_);
    returned_ = 0;
  }

 private:
  unsigned count_;
  unsigned size_;
  int returned_ = 0;
  std::vector<char> memory_;
  io_uring_buf_ring* ring_ = nullptr;
};

/// A recv that completes again and again, into buffers of the kernel's choice.
inline void prepare_multishot_recv(io_uring_sqe& sqe, int fd, std::uint64_t user_data) noexcept {
  io_uring_prep_recv_multishot(&sqe, fd, nullptr, 0, 0);
  sqe.flags |= IOSQE_BUFFER_SELECT;
  sqe.buf_group = 0;
  sqe.user_data = user_data;
}

}  // namespace bench
