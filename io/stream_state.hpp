// SPDX-License-Identifier: MIT
#pragma once

// What a stream is made of. It outlives the `stream` while the kernel works on it, so a stream can be moved and destroyed at any
// time.
//
// Reading. One receiver at a time (stream_receive.hpp) stands in `receiver`. Its bytes go where it wants them; what nobody wanted
// goes to `input`. An end or an error that the kernel told stays: `ended`, `receive_error`.
//
// Writing. The connection belongs to one sender at a time (`sending`); the others queue in `senders` in the order in which they
// came.
//
//   free --claim--> sending --pass_on--> the next sender, or: the end of output if it is wanted, and then free
//                      |
//                      +--keep_rest: the sender was cancelled half way. The rest of its bytes is copied and sent by the state
//                      itself
//                         (`rest`), which has the turn until then
//
// Closing. Senders and the receiver are told; the descriptor is closed at once, but for the rest of a write, which goes out before.

#include "../sched/export.hpp"
#include "../sched/waiter.hpp"
#include "buffer.hpp"
#include "byte_queue.hpp"
#include "socket_address.hpp"
#include "unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace halka {

class io_backend;
struct io_operation;

struct stream_options {
  std::size_t limit = 65536;  // how far read_until and read_line look for a separator
  bool no_delay = true;       // TCP: send small writes at once
  bool keep_alive = false;    // TCP: notice a peer that has vanished
  int send_buffer = 0;        // the kernel's, in bytes; 0 for its default
  int receive_buffer = 0;
};

class HALKA_API stream_state {
 public:
  struct statistics_type {
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
    std::size_t buffered = 0;         // received and not read
    std::size_t unsent = 0;           // of writes that were cancelled half way
    std::size_t waiting_writers = 0;  // behind the one that writes
  };

  stream_state(unique_fd fd, stream_options const& options, socket_address const& peer);
  ~stream_state();
  stream_state(stream_state const&) = delete;
  stream_state& operator=(stream_state const&) = delete;

  void retain() noexcept { ++refs_; }
  void release() noexcept {
    if (--refs_ == 0) delete this;
  }

  // -- what it is

  bool is_open() const noexcept { return !closed_; }
  bool is_socket() const noexcept { return socket_; }
  bool is_tcp() const noexcept { return tcp_; }
  /// Of the operations that send or write.
  unsigned send_flags() const noexcept { return send_flags_; }
  /// Its number as the keeper of its descriptor (io_operation.hpp).
  std::uint32_t keeper() const noexcept { return keeper_; }
  int fd() const noexcept { return closed_ ? -1 : fd_.get(); }
  int kernel_fd() const noexcept { return fd_.get(); }
  std::size_t limit() const noexcept { return limit_; }
  socket_address const& peer() const noexcept { return peer_; }
  io_backend& backend() const noexcept { return backend_; }
  statistics_type statistics() const noexcept;
  /// "127.0.0.1:80", "standard input", or "fd 7".
  std::string name() const;
  void set_label(std::string label) { label_ = std::move(label); }
  /// Throws the error of a read or write: "read from 127.0.0.1:80: Connection reset by peer".
  [[noreturn]] void fail(char const* what, int error) const;

  // -- reading

  bool at_eof() const noexcept { return ended && input.empty(); }
  /// Throws if nobody may read, because it is closed, or because somebody reads: the kernel may be writing behind what `input`
  /// holds.
  void check_may_read() const;

  byte_queue input;
  io_operation* receiver = nullptr;  // that of the task which reads
  bool ended = false;
  bool in_bulk = false;  // the last receive filled its buffer
  int receive_error = 0;
  std::uint64_t bytes_received = 0;

  // -- writing

  /// Why nothing can be sent any more: an errno, or 0.
  int send_failure() const noexcept;
  /// Why nothing new can be written: that, or the end of output was asked for.
  int send_obstacle() const noexcept;
  bool sending() const noexcept { return sending_; }
  /// Takes the turn, which must be free.
  void claim(io_operation* current) noexcept {
    sending_ = true;
    sender_ = current;
  }
  void wait_for_turn(waiter& w) noexcept { senders_.add(w); }
  /// Gives the turn on.
  void pass_on() noexcept;
  /// Keeps what a cancelled sender has not sent, and the turn, until it is sent.
  void keep_rest(std::span<const_buffer const> unsent) noexcept;
  void end_output() noexcept;
  bool output_ended() const noexcept { return output_ended_; }
  waiter_list& end_waiters() noexcept { return end_waiters_; }

  int send_error = 0;
  std::uint64_t bytes_sent = 0;

  // -- the end

  void close() noexcept;
  /// The descriptor itself is closed.
  bool is_gone() const noexcept { return !fd_.is_open(); }
  void abort() noexcept;

 private:
  class rest_of_write;

  void shut_down_output() noexcept;
  void close_descriptor() noexcept;

  unique_fd fd_;
  io_backend& backend_;
  socket_address peer_;
  std::string label_;  // for messages; empty if the peer's address says enough
  std::size_t limit_;
  std::uint32_t refs_ = 0;
  std::uint32_t keeper_ = 0;
  unsigned send_flags_ = 0;
  bool socket_ = false;
  bool tcp_ = false;
  bool closed_ = false;
  bool sending_ = false;
  bool end_wanted_ = false;
  bool output_ended_ = false;
  io_operation* sender_ = nullptr;  // of the task that sends; null if that is the rest of a write, or waits for something else
  waiter_list senders_;
  waiter_list end_waiters_;  // those who wait for the end of output or for the descriptor to be closed
  std::unique_ptr<rest_of_write> rest_;
};

/// Counts the references to a state.
class stream_ptr {
 public:
  stream_ptr() noexcept = default;
  explicit stream_ptr(stream_state* s) noexcept : state_(s) {
    if (state_) state_->retain();
  }
  stream_ptr(stream_ptr const& other) noexcept : stream_ptr(other.state_) {}
  stream_ptr(stream_ptr&& other) noexcept : state_(other.state_) { other.state_ = nullptr; }
  stream_ptr& operator=(stream_ptr other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~stream_ptr() {
    if (state_) state_->release();
  }

  stream_state* get() const noexcept { return state_; }
  stream_state* operator->() const noexcept { return state_; }
  stream_state& operator*() const noexcept { return *state_; }
  explicit operator bool() const noexcept { return state_ != nullptr; }

 private:
  stream_state* state_ = nullptr;
};

}  // namespace halka
