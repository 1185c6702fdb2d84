// SPDX-License-Identifier: MIT
#pragma once

// What is behind a `file`: a descriptor, a position that is halka's own, bytes read ahead of it, and bytes not yet written.
//
//   block_       what was read from `position_` on and was not asked for yet; stale once something was written at an offset
//   unwritten_   what was written and is not in the kernel yet; it begins at `unwritten_at_` and ends at `position_`
//
// Never are both in use: reading writes out first, and writing forgets what was read ahead. Whoever moves the position or touches
// either holds the turn, so at most one sequential operation is under way. Reading and writing at an offset needs no turn. A read
// at an offset that meets unwritten bytes takes a copy of them when it begins and lays it over what the kernel says: so it sees
// every write that has ended, however the two are ordered in the kernel.
//
// Regular files and disks are read and written at halka's position. Appends, and whatever has no positions (pipes, terminals, most
// devices), go where the kernel's descriptor stands. Writes are collected only in regular files, and not in one that is read and
// appended to: nobody but the kernel knows where those bytes will be.

#include "../sched/export.hpp"
#include "../sched/task.hpp"
#include "buffer.hpp"
#include "file_mode.hpp"
#include "file_requests.hpp"
#include "file_turns.hpp"
#include "operation_awaiter.hpp"
#include "read_block.hpp"
#include "unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace halka {

class stream;

/// Where `seek` counts from.
enum class seek_from : std::uint8_t { begin, current, end };

struct file_statistics {
  std::uint64_t reads = 0;  // operations of the kernel
  std::uint64_t writes = 0;
  std::uint64_t bytes_read = 0;  // by the kernel, also ahead of the position
  std::uint64_t bytes_written = 0;
  std::size_t unwritten = 0;  // bytes that wait to be written
};

class HALKA_API file_state {
 public:
  /// Small reads are made of blocks of this size; larger ones go directly into the caller's memory.
  static constexpr std::size_t block_size = std::size_t{128} << 10;
  /// So much is collected before it is written; larger writes go out as they are.
  static constexpr std::size_t write_buffer_size = std::size_t{64} << 10;

  file_state(unique_fd fd, std::string path, file_mode mode);
  /// Writes what is left, while the loop waits: the last resort for a file that was not closed.
  ~file_state();
  file_state(file_state const&) = delete;
  file_state& operator=(file_state const&) = delete;

  // -- what it is

  bool is_open() const noexcept { return fd_.is_open(); }
  int fd() const noexcept { return fd_.get(); }
  std::string const& path() const noexcept { return path_; }
  std::uint64_t position() const noexcept { return position_; }
  file_statistics statistics() const noexcept;

  void check_open(char const* what) const;
  void check_reads(char const* what) const;
  void check_writes(char const* what) const;
  /// Reading and writing at an offset makes sense.
  void check_offsets(char const* what) const;
  [[noreturn]] void fail(char const* what, int error) const;
  /// All of these hold, and nothing is unwritten: a read at an offset is nothing but the kernel's.
  bool reads_plainly() const noexcept { return plain_ && fd_.is_open() && unwritten_.empty(); }

  // -- at an offset

  task<std::string> read_at(std::uint64_t offset, std::size_t n);
  task<> write_at(std::uint64_t offset, const_buffer data);
  /// The unwritten bytes that a read of so many bytes shall see; null for none.
  std::unique_ptr<unwritten_bytes> unwritten_for(std::uint64_t offset, std::size_t n) const;

  // -- where it stands

  task<std::string> read(std::size_t n);
  task<std::size_t> read_some(mutable_buffer into);
  task<std::string> read_line();
  task<> write(const_buffer data);
  task<std::uint64_t> seek(std::int64_t offset, seek_from from);
  /// Sends at most `count` bytes from the position on, which moves by what was sent.
  task<std::uint64_t> send_to(stream& to, std::uint64_t count);

  // -- the whole

  task<> flush();
  task<> sync(bool data_only);
  task<std::uint64_t> size();
  task<> truncate(std::uint64_t size);
  task<> close();

  // -- for the requests

  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;

 private:
  std::uint64_t kernel_offset(std::uint64_t offset) const noexcept { return seekable_ ? offset : current_position; }
  std::uint64_t write_offset(std::uint64_t offset) const noexcept {
    return mode_.appends ? current_position : kernel_offset(offset);
  }
  operation<file_read_request> read_request(mutable_buffer into, std::uint64_t offset) noexcept;
  operation<file_read_request> kernel_read(mutable_buffer into, std::uint64_t offset) noexcept;
  operation<file_write_request> kernel_write(const_buffer from, std::uint64_t offset) noexcept;
  operation<certain_file_write_request> certain_write(const_buffer from, std::uint64_t offset) noexcept;

  void start_reading(char const* what);
  void forget_block() noexcept;
  std::string take(std::size_t n);
  std::size_t bytes_to_end() const noexcept;
  task<> wait_for_writer();
  task<bool> fill();
  task<std::string> read_long(std::size_t n);
  task<> write_out();
  task<> write_out_certainly();
  task<> write_directly(const_buffer data);
  task<std::uint64_t> size_now();
  void was_written(std::size_t n);
  void find_position() noexcept;
  void write_last() noexcept;

  unique_fd fd_;
  std::string path_;
  file_mode mode_;
  bool seekable_ = true;        // it has positions
  bool takes_offsets_ = true;   // so do some devices, if they are asked to
  bool plain_ = false;          // it was opened for reading and takes offsets
  bool awaits_writer_ = false;  // a pipe with a name, of which no end was opened for writing yet
  bool collects_ = false;       // small writes
  bool stale_ = false;          // `block_` may be older than a write that has ended
  std::uint64_t position_ = 0;
  std::uint64_t unwritten_at_ = 0;
  std::string unwritten_;
  read_block block_;
  file_turns turns_;
};

}  // namespace halka
