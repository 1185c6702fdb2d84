// SPDX-License-Identifier: MIT
#pragma once

// The backend over io_uring.
//
// Operations are queued in the submission ring and go to the kernel with the one system call that each pass makes at most. An SQE's
// user_data is the operation's address; 0 marks requests whose completion tells nothing (cancellations). An operation stays where
// it is until its completion has been taken, so the address is always valid.
//
// Waking: an eventfd with a read on it that is always in flight. Its write is one system call, works on every kernel, and is
// allowed in signal handlers.
//
// With DEFER_TASKRUN one enter runs at most 20 completions or so and then says that there are more; `poll` then enters again, some
// times at most, so that tasks get their turn.

#include "../io_backend.hpp"
#include "../operation_list.hpp"
#include "buffer_ring.hpp"
#include "prepare.hpp"
#include "ring.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

struct io_uring_sqe;

namespace halka {

class uring_backend final : public io_backend {
 public:
  /// Makes the ring, for the calling thread. *Errors*: `std::system_error` with the cause and a remedy.
  uring_backend();
  ~uring_backend() override;

  /// What the kernel or the user's limits keep from it, as a sentence without an end; empty if nothing.
  std::string shortcomings() const;

  void attach(event_loop& loop) override;
  void poll() override;
  void wait(clock::time_point deadline) override;
  void wake() noexcept override;
  void forked() noexcept override;
  void drain() override;
  void submit(io_operation& op) override;
  void cancel(io_operation& op) noexcept override;
  void before_close(int fd) noexcept override;
  bool lends_buffers() const noexcept override { return buffers_.works(); }
  std::size_t lent_size() const noexcept override { return buffer_ring::buffer_size; }
  void give_back(io_operation const& op) noexcept override { buffers_.give_back(op.lent); }

 private:
  struct wake_operation : io_operation {
    explicit wake_operation(uring_backend& backend) noexcept : io_operation(completed), owner(backend) {}
    static void completed(io_operation& op);
    uring_backend& owner;
    std::uint64_t count = 0;  // lifetime: as long as the backend; the kernel writes it
  };

  io_uring_sqe* next_sqe();
  bool ask_to_cancel(io_operation& op) noexcept;
  bool ask_again() noexcept;
  void arm_wake();
  void check(int result, char const* what) const;
  unsigned reap();
  bool spin(inbox const& sent, clock::time_point deadline) override;
  void take_buffer(io_operation& op, unsigned id) noexcept;

  ring ring_;
  buffer_ring buffers_;
  wake_operation wake_;
  operation_list to_cancel_;  // there was no room to ask for it; their `stage` is 1
  std::size_t in_flight_ = 0;
  int wake_fd_ = -1;
  bool draining_ = false;
};

}  // namespace halka
