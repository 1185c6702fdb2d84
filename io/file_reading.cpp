// SPDX-License-Identifier: MIT
#include "file_state.hpp"

#include "readiness.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cstring>
#include <limits>

namespace halka {

// Requests are made outside of the coroutines: g++ 12 destroys one that is a temporary of an awaiting expression twice.

operation<file_read_request> file_state::read_request(mutable_buffer into, std::uint64_t offset) noexcept {
  return operation<file_read_request>({this, into, offset, false});
}

operation<file_read_request> file_state::kernel_read(mutable_buffer into, std::uint64_t offset) noexcept {
  return operation<file_read_request>({this, into, kernel_offset(offset), true});
}

void file_state::start_reading(char const* what) {
  check_reads(what);
  if (stale_) forget_block();
}

/// Forgets what was read ahead, where it can be read again.
void file_state::forget_block() noexcept {
  stale_ = false;
  if (seekable_) block_.clear();
}

std::string file_state::take(std::size_t n) {
  std::string taken(block_.text().substr(0, n));
  block_.drop(taken.size());
  position_ += taken.size();
  return taken;
}

/// A pipe whose other end was never opened reads as ended; it has not begun.
task<> file_state::wait_for_writer() {
  co_await readable(fd());
  awaits_writer_ = false;
}

/// Reads a block behind what is there. False at the end.
task<bool> file_state::fill() {
  if (awaits_writer_) co_await wait_for_writer();
  mutable_buffer const room(block_.reserve(block_size), block_size);
  std::size_t const n = co_await kernel_read(room, position_ + block_.size());
  block_.commit(n);
  co_return n > 0;
}

task<std::size_t> file_state::read_some(mutable_buffer into) {
  file_turns::turn const held = co_await turns_.take();
  start_reading("read");
  if (into.empty()) co_return 0;
  if (!unwritten_.empty()) co_await write_out();
  if (block_.empty()) {
    if (into.size() >= block_size) {
      if (awaits_writer_) co_await wait_for_writer();
      std::size_t const n = co_await kernel_read(into, position_);
      position_ += n;
      co_return n;
    }
    bool const more = co_await fill();
    if (!more) co_return 0;
  }
  std::size_t const n = std::min(into.size(), block_.size());
  std::memcpy(into.data(), block_.text().data(), n);
  block_.drop(n);
  position_ += n;
  co_return n;
}

task<std::string> file_state::read_line() {
  file_turns::turn const held = co_await turns_.take();
  start_reading("read");
  if (!unwritten_.empty()) co_await write_out();
  std::size_t searched = 0;
  while (true) {
    std::size_t const found = block_.text().find('\n', searched);
    if (found != std::string_view::npos) co_return take(found + 1);
    searched = block_.size();
    bool const more = co_await fill();
    if (!more) co_return take(searched);
  }
}

task<std::string> file_state::read(std::size_t n) {
  file_turns::turn const held = co_await turns_.take();
  start_reading("read");
  if (!unwritten_.empty()) co_await write_out();
  if (seekable_ && n >= block_size && n - block_size >= block_.size()) co_return co_await read_long(n);
  bool more = true;
  while (more && block_.size() < n) more = co_await fill();
  co_return take(n);
}

/// How many bytes there are from the position on; 0 also where the system does not say, as of the files of /proc.
std::size_t file_state::bytes_to_end() const noexcept {
  struct stat status {};
  if (fstat(fd(), &status) != 0) return 0;
  std::uint64_t const size = static_cast<std::uint64_t>(status.st_size);
  return size > position_ ? static_cast<std::size_t>(size - position_) : 0;
}

/// Much at once, directly into the result. What was read ahead stays where it is until all has come, so that a read which is
/// cancelled half way has taken nothing.
task<std::string> file_state::read_long(std::size_t n) {
  std::size_t const left = bytes_to_end();
  std::size_t have = block_.size();
  std::string data;
  data.resize(std::min(n, std::max(have, left > 0 ? left + 1 : block_size)));
  block_.text().copy(data.data(), have);
  while (have < n) {
    if (have == data.size()) data.resize(std::min(n, 2 * have));
    mutable_buffer const room(data.data() + have, data.size() - have);
    std::size_t const got = co_await kernel_read(room, position_ + have);
    have += got;
    if (got == 0 || (have == left && got < room.size())) break;
  }
  data.resize(have);
  block_.clear();
  position_ += have;
  co_return data;
}

// -- at an offset

std::unique_ptr<unwritten_bytes> file_state::unwritten_for(std::uint64_t offset, std::size_t n) const {
  std::uint64_t const end = unwritten_at_ + unwritten_.size();
  if (unwritten_.empty() || offset >= end) return nullptr;
  auto seen = std::make_unique<unwritten_bytes>();
  seen->end = end;
  seen->at = std::max(offset, unwritten_at_);
  if (seen->at < offset + n)
    seen->text.assign(unwritten_, static_cast<std::size_t>(seen->at - unwritten_at_),
                      static_cast<std::size_t>(offset + n - seen->at));
  return seen;
}

task<std::string> file_state::read_at(std::uint64_t offset, std::size_t n) {
  std::string data;
  data.resize(std::min(n, block_size));
  std::size_t have = 0;
  while (have < n) {
    if (have == data.size()) data.resize(std::min(n, 2 * have));
    mutable_buffer const room(data.data() + have, data.size() - have);
    std::size_t const got = co_await read_request(room, offset + have);
    if (got == 0) break;
    have += got;
  }
  data.resize(have);
  co_return data;
}

}  // namespace halka
