// SPDX-License-Identifier: MIT
#include "file_state.hpp"

#include "../sched/report.hpp"
#include "broken_pipe_signal.hpp"
#include "ops/close.hpp"
#include "ops/status.hpp"
#include "ops/sync.hpp"
#include "ops/truncate.hpp"
#include "stream.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <exception>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace halka {

file_state::file_state(unique_fd fd, std::string path, file_mode mode) : fd_(std::move(fd)), path_(std::move(path)), mode_(mode) {
  struct stat status {};
  if (fstat(fd_.get(), &status) != 0) fail("open", errno);  // the open has just brought it into memory
  if (S_ISDIR(status.st_mode)) fail("open", EISDIR);
  bool const regular = S_ISREG(status.st_mode);
  bool const pipe = S_ISFIFO(status.st_mode);
  seekable_ = regular || S_ISBLK(status.st_mode);
  takes_offsets_ = seekable_ || (S_ISCHR(status.st_mode) && !isatty(fd_.get()));
  plain_ = mode_.reads && takes_offsets_;
  collects_ = regular && !(mode_.appends && mode_.reads);
  awaits_writer_ = pipe && !mode_.writes;
  if (pipe && mode_.writes) ignore_broken_pipe_signal();
  if (mode_.appends && regular) position_ = static_cast<std::uint64_t>(status.st_size);
}

file_state::~file_state() {
  if (!unwritten_.empty()) write_last();
}

void file_state::write_last() noexcept {
  std::size_t done = 0;
  while (done < unwritten_.size()) {
    char const* const from = unwritten_.data() + done;
    std::size_t const left = unwritten_.size() - done;
    ssize_t const n =
        mode_.appends ? ::write(fd(), from, left) : pwrite(fd(), from, left, static_cast<off_t>(unwritten_at_ + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      std::string const why = std::system_category().message(n < 0 ? errno : EIO);
      return report("a file was dropped without close(), and " + std::to_string(left) + " bytes could not be written: write " +
                    path_ + ": " + why);
    }
    done += static_cast<std::size_t>(n);
  }
}

file_statistics file_state::statistics() const noexcept { return {reads, writes, bytes_read, bytes_written, unwritten_.size()}; }

void file_state::fail(char const* what, int error) const { detail::throw_io_error(error, std::string(what) + ' ' + path_); }

void file_state::check_open(char const* what) const {
  if (!is_open()) detail::throw_io_error(EBADF, std::string(what) + ' ' + path_ + " (closed)");
}

void file_state::check_reads(char const* what) const {
  check_open(what);
  if (!mode_.reads) throw std::logic_error(std::string(what) + ' ' + path_ + ": the file was opened for writing only");
}

void file_state::check_writes(char const* what) const {
  check_open(what);
  if (!mode_.writes) throw std::logic_error(std::string(what) + ' ' + path_ + ": the file was opened for reading only");
}

void file_state::check_offsets(char const* what) const {
  if (!takes_offsets_) fail(what, ESPIPE);
}

// -- the whole

task<> file_state::flush() {
  file_turns::turn const held = co_await turns_.take();
  check_open("flush");
  co_await write_out();
}

task<> file_state::sync(bool data_only) {
  file_turns::turn const held = co_await turns_.take();
  check_open("sync");
  co_await write_out();
  try {
    co_await io::sync(fd(), data_only);
  } catch (std::system_error const& e) {
    fail("sync", e.code().value());
  }
}

task<std::uint64_t> file_state::size_now() {
  struct statx status {};
  try {
    co_await io::status(fd(), std::string(), AT_EMPTY_PATH, STATX_SIZE, status);
  } catch (std::system_error const& e) {
    fail("stat", e.code().value());
  }
  co_return status.stx_size;
}

task<std::uint64_t> file_state::size() {
  file_turns::turn const held = co_await turns_.take();
  check_open("stat");
  co_await write_out();
  co_return co_await size_now();
}

task<> file_state::truncate(std::uint64_t size) {
  file_turns::turn const held = co_await turns_.take();
  check_writes("truncate");
  co_await write_out();
  forget_block();
  try {
    co_await io::truncate(fd(), size);
  } catch (std::system_error const& e) {
    fail("truncate", e.code().value());
  }
}

task<std::uint64_t> file_state::seek(std::int64_t offset, seek_from from) {
  file_turns::turn const held = co_await turns_.take();
  check_open("seek");
  if (!seekable_) fail("seek", ESPIPE);
  co_await write_out();
  std::uint64_t base = 0;
  if (from == seek_from::current) base = position_;
  if (from == seek_from::end) base = co_await size_now();
  std::uint64_t const target = base + static_cast<std::uint64_t>(offset);
  if (target > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) fail("seek", EINVAL);
  if (target >= position_ && target - position_ <= block_.size())
    block_.drop(static_cast<std::size_t>(target - position_));
  else
    forget_block();
  position_ = target;
  co_return target;
}

task<std::uint64_t> file_state::send_to(stream& to, std::uint64_t count) {
  file_turns::turn const held = co_await turns_.take();
  check_reads("send");
  if (!seekable_) fail("send", ESPIPE);
  co_await write_out();
  std::uint64_t const sent = co_await to.send_file(fd(), position_, count);
  block_.clear();
  position_ += sent;
  co_return sent;
}

task<> file_state::close() {
  file_turns::turn const held = co_await turns_.take();
  if (!is_open()) co_return;
  std::exception_ptr error;
  try {
    co_await write_out_certainly();
  } catch (...) {
    error = std::current_exception();
  }
  unwritten_ = std::string();
  block_ = read_block();
  try {
    co_await io::close(std::move(fd_));
  } catch (std::system_error const& e) {
    if (!error) fail("close", e.code().value());
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace halka
