// SPDX-License-Identifier: MIT
#include "file_state.hpp"

#include <unistd.h>
#include <cerrno>

namespace halka {

operation<file_write_request> file_state::kernel_write(const_buffer from, std::uint64_t offset) noexcept {
  return operation<file_write_request>({this, from, write_offset(offset)});
}

operation<certain_file_write_request> file_state::certain_write(const_buffer from, std::uint64_t offset) noexcept {
  return operation<certain_file_write_request>(certain_file_write_request{{this, from, write_offset(offset)}});
}

/// The front of what is unwritten has reached the kernel.
void file_state::was_written(std::size_t n) {
  unwritten_.erase(0, n);
  unwritten_at_ += n;
  if (unwritten_.empty()) find_position();
}

/// Where an append has ended, only the kernel knows.
void file_state::find_position() noexcept {
  if (!mode_.appends || !seekable_) return;
  off_t const at = lseek(fd(), 0, SEEK_CUR);
  if (at >= 0) position_ = static_cast<std::uint64_t>(at);
}

/// An error or a cancellation leaves what was not written, for the next time.
task<> file_state::write_out() {
  while (!unwritten_.empty()) {
    std::size_t const n = co_await kernel_write(unwritten_, unwritten_at_);
    was_written(n);
  }
}

task<> file_state::write_out_certainly() {
  while (!unwritten_.empty()) {
    std::size_t const n = co_await certain_write(unwritten_, unwritten_at_);
    was_written(n);
  }
}

task<> file_state::write_directly(const_buffer data) {
  while (!data.empty()) {
    std::size_t const n = co_await kernel_write(data, position_);
    data = data.after(n);
    position_ += n;
  }
  find_position();
}

task<> file_state::write(const_buffer data) {
  file_turns::turn const held = co_await turns_.take();
  check_writes("write");
  forget_block();
  if (!collects_ || data.size() >= write_buffer_size) {
    co_await write_out();
    co_await write_directly(data);
    co_return;
  }
  if (unwritten_.size() + data.size() > write_buffer_size) co_await write_out();
  if (unwritten_.empty()) {
    unwritten_at_ = position_;
    unwritten_.reserve(write_buffer_size);
  }
  unwritten_.append(data.text());
  position_ += data.size();
}

task<> file_state::write_at(std::uint64_t offset, const_buffer data) {
  check_writes("write");
  if (mode_.appends) throw std::logic_error("write " + path_ + " at an offset: the file was opened for appending");
  check_offsets("write");
  bool const meets_unwritten = offset < unwritten_at_ + unwritten_.size() && unwritten_at_ < offset + data.size();
  if (meets_unwritten && !unwritten_.empty()) co_await flush();  // what was written first must not come last
  while (!data.empty()) {
    check_open("write");
    std::size_t const n = co_await operation<file_write_request>({this, data, offset});
    stale_ = true;
    data = data.after(n);
    offset += n;
  }
}

}  // namespace halka
