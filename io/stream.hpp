// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "../sched/task.hpp"
#include "buffer.hpp"
#include "socket_address.hpp"
#include "stream_end.hpp"
#include "stream_receive.hpp"
#include "stream_send.hpp"
#include "stream_state.hpp"
#include "unique_fd.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace halka {

class line_sequence;

/// Bytes in order, in both directions of a socket, or in one direction of a pipe, a terminal or a file.
///
/// Reading: one task at a time; a second one gets `std::logic_error`. What arrived and was not asked for waits in the stream's
/// buffer. A cancelled read loses nothing: bytes that came all the same are kept for the next read.
///
/// Writing: any number of tasks; whole writes, in the order in which they were begun. A write suspends until the kernel has taken
/// all of it; this is the back-pressure. A write that is cancelled before any byte was taken did not happen; of one that was taken
/// in part the rest is kept and sent before anything else, so that the other end sees whole writes only.
///
/// An error of the connection is thrown by the read or write that met it, and by every later one. After `close` all of them throw
/// `std::system_error` with EBADF. The destructor closes.
///
/// *Thread safety*: the loop's thread only.
/// *Source*: asyncio.StreamReader and asyncio.StreamWriter.
class HALKA_API stream {
 public:
  using statistics_type = stream_state::statistics_type;

  /// None.
  stream() noexcept = default;
  /// Takes over a connected socket, a pipe's end, a terminal or a file.
  ///
  /// *Errors*: `std::system_error` if the descriptor is none of them; `std::logic_error` outside of a loop.
  explicit stream(unique_fd fd, stream_options const& options = {}, socket_address const& peer = {});
  stream(stream&& other) noexcept : state_(std::move(other.state_)), shared_(other.shared_) {}
  stream& operator=(stream&& other) noexcept;
  ~stream();

  /// A stream that leaves its state open when it goes, because others have it too.
  static stream sharing(stream_ptr state) noexcept;

  // -- reading

  /// What has arrived, at least one byte and at most `n`. *Result*: empty at the end of input, and for `n` = 0.
  receive_operation<std::string> read(std::size_t n);

  /// The same into the caller's memory, without a copy. *Result*: the number of bytes; 0 at the end of input.
  /// *Lifetime*: the memory, until the await ends.
  receive_operation<std::size_t> read_some(mutable_buffer into);

  /// Exactly `n` bytes, however many. *Errors*: `incomplete_read_error` with what there was, when the input ends before.
  task<std::string> read_exactly(std::size_t n);

  /// Everything up to the separator, and the separator. *Errors*: `incomplete_read_error` when the input ends before it;
  /// `limit_overrun_error` when it does not come within the limit, and then all stays in the buffer; `std::invalid_argument` for an
  /// empty separator.
  task<std::string> read_until(std::string_view separator);
  /// Up to the separator that ends first.
  task<std::string> read_until(std::vector<std::string> separators);

  /// Up to the next line break, and the line break; at the end of input the rest, which is empty at last.
  /// *Errors*: `limit_overrun_error` for a line beyond the limit; as much of it as has arrived is dropped.
  task<std::string> read_line();

  /// All until the end of input.
  task<std::string> read_all();

  /// The lines, one after another: `auto lines = s.lines(); while (auto line = co_await lines.next()) ...`
  line_sequence lines();

  /// The input has ended and its buffer is empty.
  bool at_eof() const noexcept { return state_ && state_->at_eof(); }

  // -- writing

  /// Sends all of `data`. *Lifetime*: the bytes, until the await ends.
  send_operation<1> write(const_buffer data);

  /// Sends several buffers, one behind the other, without joining them.
  template <class... More>
  requires(sizeof...(More) >= 1 && (std::convertible_to<More const&, const_buffer> &&
                                    ...)) send_operation<1 + sizeof...(More)> write(const_buffer first, More const&... more) {
    return send_operation<1 + sizeof...(More)>(state("write to"), {first, const_buffer(more)...});
  }
  /// The same for a list that is made at run time. *Lifetime*: the list and what it names.
  send_list_operation write(std::span<const_buffer const> list);

  /// Sends `count` bytes of a file from `offset` on, or all there are, inside the kernel. *Result*: the number sent; less than
  /// `count` only at the end of the file. *Errors*: `std::system_error`. *Cancellation*: what was sent stays sent, and
  /// `statistics().bytes_sent` tells how much.
  task<std::uint64_t> send_file(int file, std::uint64_t offset, std::uint64_t count = ~std::uint64_t{0});

  /// Tells the other end that nothing more comes, behind all writes; reading goes on. It happens also if it is not awaited.
  /// *Suspends*: until the writes before are through. Harmless when called again.
  stream_end_operation write_eof();

  // -- the end

  /// Closes the stream at once: tasks that read or write get errors. The rest of a write that was cancelled half way is sent first,
  /// however long the other end takes; `abort` instead drops it. It happens also if it is not awaited. *Suspends*: until the
  /// descriptor is closed. Harmless when called again.
  stream_end_operation close() noexcept;

  /// Closes a connection so that the peer gets a reset, and drops what was not sent.
  void abort() noexcept;

  bool is_open() const noexcept { return state_ && state_->is_open(); }
  explicit operator bool() const noexcept { return is_open(); }

  // -- what it is

  /// The other end; of no socket if this is none.
  socket_address peer_address() const noexcept { return state_ ? state_->peer() : socket_address(); }
  socket_address local_address() const noexcept;
  /// The descriptor, for options; -1 after `close`.
  int fd() const noexcept { return state_ ? state_->fd() : -1; }
  std::size_t limit() const noexcept { return state_ ? state_->limit() : 0; }
  statistics_type statistics() const noexcept { return state_ ? state_->statistics() : statistics_type(); }

  /// For what is built on streams: what it is made of, which outlives it; none if this is none.
  stream_ptr const& shared_state() const noexcept { return state_; }

 private:
  stream_state& state(char const* what) const;
  void let_go() noexcept;

  stream_ptr state_;
  bool shared_ = false;
};

/// The lines of a stream, each with its line break.
class HALKA_API line_sequence {
 public:
  explicit line_sequence(stream_ptr state) noexcept : state_(std::move(state)) {}
  /// The next line; none at the end of input. *Errors*: those of `stream::read_line`.
  task<std::optional<std::string>> next();

 private:
  stream_ptr state_;
};

/// A pair of connected streams inside this process: what is written to one is read from the other.
///
/// *Source*: socketpair(2).
HALKA_API std::pair<stream, stream> make_stream_pair(stream_options const& options = {},
                                                     std::source_location here = std::source_location::current());

}  // namespace halka
