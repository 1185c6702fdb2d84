// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "../sched/task.hpp"
#include "buffer.hpp"
#include "file_mode.hpp"
#include "file_requests.hpp"
#include "file_state.hpp"
#include "operation_awaiter.hpp"
#include "unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>

namespace halka {

class file_lines;
class stream;

struct file_options {
  unsigned permissions = 0666;  // of a file that is made; the process's umask takes some away
};

/// A file, or whatever else has a name: a pipe, a terminal, a device.
///
/// At an offset (`read_at`, `write_at`): any number of tasks at once. Where the file stands (all other reads and writes): they are
/// served one after another, whole, in the order in which they were begun. Small writes to a regular file are collected, and go out
/// in their order when 64 KiB are there, before anything that could miss them, and at `flush` or `close`; reads see them at once.
/// Small reads are made of blocks of 128 KiB. Larger reads and writes go directly between the kernel and the caller's memory.
///
/// An error of writing is thrown by the operation that made the kernel write: perhaps a later write, at the latest `close`; what
/// could not be written stays, and is tried again. Close what was written. The destructor writes what is left while the loop waits,
/// and can only report an error.
///
/// After `close` everything throws `std::system_error` with EBADF. Reading what was opened for writing only, and the other way
/// round, throws `std::logic_error`. Other errors are `std::system_error` that names the path.
///
/// *Cancellation*: a read or write at the position that is cancelled in the queue, or by the kernel, did not happen: its bytes are
/// there for the next one. One that happened all the same returns, and the cancellation comes at the next suspension. Of a write of
/// 64 KiB and more a part may have been taken; `tell` says how much.
/// *Lifetime*: the file must live until the awaits on it end; it may be moved meanwhile.
/// *Thread safety*: the loop's thread only.
/// *Source*: Python's file objects, aiofiles.
class HALKA_API file {
 public:
  /// None.
  file() noexcept;
  file(file&&) noexcept;
  file& operator=(file&&) noexcept;
  ~file();

  // -- at an offset

  /// Reads into the caller's memory, without a copy. *Result*: the number of bytes; less than asked for only at the end of the file
  /// (or of a gigabyte).
  operation<file_read_request> read_at(std::uint64_t offset, mutable_buffer into) {
    return operation<file_read_request>({&state("read"), into, offset, false});
  }
  /// `n` bytes; less only at the end of the file.
  task<std::string> read_at(std::uint64_t offset, std::size_t n) { return state("read").read_at(offset, n); }
  /// Writes all of `data`. *Errors*: `std::logic_error` for a file that is appended to.
  /// *Cancellation*: a part may have been written.
  task<> write_at(std::uint64_t offset, const_buffer data) { return state("write").write_at(offset, data); }

  // -- where the file stands

  /// `n` bytes; less only at the end.
  task<std::string> read(std::size_t n) { return state("read").read(n); }
  /// All up to the end.
  task<std::string> read() { return read_all(); }
  task<std::string> read_all() { return state("read").read(static_cast<std::size_t>(-1)); }
  /// What one operation of the kernel brings, or what is there already. *Result*: the number of bytes; 0 at the end.
  task<std::size_t> read_some(mutable_buffer into) { return state("read").read_some(into); }
  /// Up to the next line break, and the line break; at the end the rest, which is empty at last. A file that has grown meanwhile
  /// goes on there.
  task<std::string> read_line() { return state("read").read_line(); }
  /// The lines, one after another: `auto lines = f.lines(); while (auto line = co_await lines.next()) ...`
  file_lines lines() noexcept;

  /// Writes all of `data`. *Lifetime*: the bytes, until the await ends.
  task<> write(const_buffer data) { return state("write").write(data); }

  /// Moves the position, also beyond the end. *Result*: where it is now. *Errors*: ESPIPE for what has no positions.
  task<std::uint64_t> seek(std::int64_t offset, seek_from from = seek_from::begin) { return state("seek").seek(offset, from); }
  /// The position, in bytes from the beginning; of a file that is appended to, its end as far as it is known.
  std::uint64_t tell() const { return state("tell").position(); }

  // -- the whole

  /// Hands what was collected to the kernel.
  task<> flush() { return state("flush").flush(); }
  /// Waits until all that was written is on the disk; with `data_only`, without the file's times. *Source*: fsync(2), fdatasync(2).
  task<> sync(bool data_only = false) { return state("sync").sync(data_only); }
  task<std::uint64_t> size() { return state("stat").size(); }
  /// Cuts the file, or makes it longer with zeroes; the position stays.
  task<> truncate(std::uint64_t size) { return state("truncate").truncate(size); }

  /// Writes what was collected, and closes the file, in its turn. Harmless when called again.
  ///
  /// *Errors*: those of writing; the file is closed all the same, and what could not be written is lost.
  /// *Cancellation*: it happens all the same once it has begun.
  task<> close();

  // -- what it is

  bool is_open() const noexcept;
  explicit operator bool() const noexcept { return is_open(); }
  /// As it was given to `open_file`; empty for none.
  std::string const& path() const noexcept;
  /// The descriptor; -1 after `close`. Its own position is not that of the file.
  int fd() const noexcept;
  file_statistics statistics() const noexcept;

 private:
  friend HALKA_API task<std::uint64_t> send_file(stream&, file&, std::uint64_t);
  friend class file_opener;

  explicit file(std::unique_ptr<file_state> state) noexcept;
  file_state& state(char const* what) const {
    if (!state_) [[unlikely]]
      throw_none(what);
    return *state_;
  }
  [[noreturn]] static void throw_none(char const* what);

  std::unique_ptr<file_state> state_;
};

/// The lines of a file, each with its line break.
class HALKA_API file_lines {
 public:
  explicit file_lines(file& f) noexcept : file_(&f) {}
  /// The next line; none at the end.
  task<std::optional<std::string>> next();

 private:
  file* file_;
};

/// Opens a file in a mode as Python's `open` has them: "r" to read, "w" to write to an empty file, "a" to append, "x" to write to a
/// file that must not exist; with "+" for both directions. "b" and "t" make no difference.
///
/// A pipe with a name that is opened to be read waits for its other end in the first read, one that is opened to be written waits
/// here.
/// *Suspends*: always; the disk never blocks the loop.
/// *Errors*: `std::invalid_argument` for another mode; `std::system_error` that names the path; EISDIR for a directory.
/// *Source*: Python's open.
HALKA_API task<file> open_file(std::string path, std::string_view mode = "r", file_options const& options = {},
                               std::source_location here = std::source_location::current());

/// Sends `count` bytes of a file, or all there are, from its position on, which moves by what was sent.
///
/// *Result*, *Errors*: those of `stream::send_file`.
HALKA_API task<std::uint64_t> send_file(stream& to, file& from, std::uint64_t count = ~std::uint64_t{0});

}  // namespace halka
