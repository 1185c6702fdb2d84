// SPDX-License-Identifier: MIT
#include "file_requests.hpp"

#include "file_state.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace halka {

namespace {

/// Lays what the kernel has not got yet over what it has read. The number of bytes that there are then.
std::size_t lay_over(unwritten_bytes const& unwritten, mutable_buffer into, std::uint64_t offset, std::size_t read) {
  std::size_t const end = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), unwritten.end - offset));
  if (end > read) std::memset(into.data() + read, 0, end - read);  // a hole before them
  if (!unwritten.text.empty()) std::memcpy(into.data() + (unwritten.at - offset), unwritten.text.data(), unwritten.text.size());
  return std::max(end, read);
}

}  // namespace

void file_read_request::prepare(io_operation& op) {
  if (!sequential && !file->reads_plainly()) [[unlikely]] {
    file->check_reads("read");
    file->check_offsets("read");
    unwritten = file->unwritten_for(offset, into.size());
  }
  ++file->reads;
  into = mutable_buffer(into.data(), detail::transfer_length(into.size()));
  op.code = opcode::read;
  op.fd = file->fd();
  op.address = into.data();  // lifetime: the caller's, until the await ends
  op.length = static_cast<unsigned>(into.size());
  op.offset = offset;
  op.flags = not_direct;
}

std::size_t file_read_request::finish(io_operation const& op) const {
  if (op.result < 0) [[unlikely]]
    file->fail("read", op.result);
  std::size_t const n = static_cast<std::size_t>(op.result);
  file->bytes_read += n;
  if (unwritten) [[unlikely]]
    return lay_over(*unwritten, into, offset, n);
  return n;
}

void file_write_request::prepare(io_operation& op) const {
  ++file->writes;
  op.code = opcode::write;
  op.fd = file->fd();
  op.address = from.data();  // lifetime: the caller's, until the await ends
  op.length = detail::transfer_length(from.size());
  op.offset = offset;
  op.flags = not_direct;
}

std::size_t file_write_request::finish(io_operation const& op) const {
  if (op.result < 0) file->fail("write", op.result);
  if (op.result == 0 && !from.empty()) file->fail("write", EIO);  // nothing was taken, and nothing said why
  file->bytes_written += static_cast<std::size_t>(op.result);
  return static_cast<std::size_t>(op.result);
}

}  // namespace halka
