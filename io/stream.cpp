// SPDX-License-Identifier: MIT
#include "stream.hpp"

#include "operation_awaiter.hpp"
#include "send_file.hpp"
#include "stream_search.hpp"

#include <sys/socket.h>
#include <cerrno>
#include <utility>

namespace halka {

stream::stream(unique_fd fd, stream_options const& options, socket_address const& peer)
    : state_(new stream_state(std::move(fd), options, peer)) {}

stream& stream::operator=(stream&& other) noexcept {
  if (this == &other) return *this;
  let_go();
  state_ = std::move(other.state_);
  shared_ = other.shared_;
  return *this;
}

stream::~stream() { let_go(); }

void stream::let_go() noexcept {
  if (!shared_) close();
}

stream stream::sharing(stream_ptr state) noexcept {
  stream s;
  s.state_ = std::move(state);
  s.shared_ = true;
  return s;
}

stream_state& stream::state(char const* what) const {
  if (!state_) detail::throw_io_error(EBADF, std::string(what) + " no stream");
  return *state_;
}

receive_operation<std::string> stream::read(std::size_t n) { return receive_operation<std::string>(state("read from"), {}, n); }

receive_operation<std::size_t> stream::read_some(mutable_buffer into) {
  return receive_operation<std::size_t>(state("read from"), into, into.size());
}

task<std::string> stream::read_exactly(std::size_t n) { return detail::read_exactly(stream_ptr(&state("read from")), n); }

task<std::string> stream::read_until(std::string_view separator) {
  return detail::read_until(stream_ptr(&state("read from")), std::vector<std::string>(1, std::string(separator)));
}

task<std::string> stream::read_until(std::vector<std::string> separators) {
  return detail::read_until(stream_ptr(&state("read from")), std::move(separators));
}

task<std::string> stream::read_line() { return detail::read_line(stream_ptr(&state("read from"))); }

task<std::string> stream::read_all() { return detail::read_all(stream_ptr(&state("read from"))); }

line_sequence stream::lines() { return line_sequence(stream_ptr(&state("read from"))); }

task<std::optional<std::string>> line_sequence::next() { return detail::next_line(state_); }

send_operation<1> stream::write(const_buffer data) { return send_operation<1>(state("write to"), {data}); }

send_list_operation stream::write(std::span<const_buffer const> list) { return send_list_operation(state("write to"), list); }

task<std::uint64_t> stream::send_file(int file, std::uint64_t offset, std::uint64_t count) {
  return detail::send_file(stream_ptr(&state("write to")), file, offset, count);
}

stream_end_operation stream::write_eof() {
  state("end the output of").end_output();
  return stream_end_operation(state_, true);
}

stream_end_operation stream::close() noexcept {
  if (state_) state_->close();
  return stream_end_operation(state_, false);
}

void stream::abort() noexcept {
  if (state_) state_->abort();
}

socket_address stream::local_address() const noexcept { return socket_address::local_of(fd()); }

std::pair<stream, stream> make_stream_pair(stream_options const& options, std::source_location here) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) detail::throw_io_error(errno, "make a pair of streams");
  unique_fd first(ends[0], here);
  unique_fd second(ends[1], here);
  return {stream(std::move(first), options), stream(std::move(second), options)};
}

}  // namespace halka
