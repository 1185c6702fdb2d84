// SPDX-License-Identifier: MIT
#include "send_file.hpp"

#include "buffer.hpp"
#include "operation_awaiter.hpp"
#include "ops/read.hpp"
#include "ops/send.hpp"
#include "ops/splice.hpp"
#include "ops/write.hpp"
#include "readiness.hpp"
#include "stream_turn.hpp"
#include "unique_fd.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

namespace halka::detail {

namespace {

constexpr std::size_t piece = std::size_t{1} << 17;

/// The pipe through which the bytes go.
struct channel_of_pages {
  channel_of_pages() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw_io_error(errno, "make a pipe to send a file");
    out = unique_fd(ends[0]);
    in = unique_fd(ends[1]);
    int const wanted = fcntl(in.get(), F_SETPIPE_SZ, static_cast<int>(piece));  // a wish: users may have only so much
    size = wanted > 0 ? static_cast<std::size_t>(wanted) : std::size_t{1} << 16;
  }
  unique_fd out;
  unique_fd in;
  std::size_t size = 0;
};

void check(stream_state const& s, int failure) {
  if (failure != 0) s.fail("send a file to", failure);
}

bool cannot_be_spliced(std::system_error const& e) noexcept {
  return e.code().value() == EINVAL || e.code().value() == ENOSYS || e.code().value() == EOPNOTSUPP;
}

/// Empties the pipe into the stream.
task<> pass_pages_on(stream_state& s, channel_of_pages& pages, std::size_t filled) {
  while (filled > 0) {
    check(s, s.send_failure());
    std::size_t sent = 0;
    try {
      sent = co_await io::splice(pages.out.get(), current_position, s.kernel_fd(), filled);
    } catch (std::system_error const& e) {
      if (e.code().value() != EAGAIN) throw;
    }
    if (sent == 0) co_await writable(s.kernel_fd());  // io_uring does not wait where the descriptor has O_NONBLOCK
    filled -= sent;
    s.bytes_sent += sent;
  }
}

/// True if all was sent, or all there is; false if these descriptors cannot be spliced. Counts what it sends.
task<bool> splice_file(stream_state& s, int file, std::uint64_t offset, std::uint64_t count, std::uint64_t& sent) {
  channel_of_pages pages;
  while (sent < count) {
    check(s, s.send_failure());
    std::size_t filled = 0;
    std::size_t const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(count - sent, pages.size));
    try {
      filled = co_await io::splice(file, offset + sent, pages.in.get(), wanted);
    } catch (std::system_error const& e) {
      if (cannot_be_spliced(e)) co_return false;
      throw;
    }
    if (filled == 0) break;
    co_await pass_pages_on(s, pages, filled);
    sent += filled;
  }
  co_return true;
}

task<> copy_file(stream_state& s, int file, std::uint64_t offset, std::uint64_t count, std::uint64_t& sent) {
  auto const memory = std::make_unique_for_overwrite<char[]>(piece);
  while (sent < count) {
    check(s, s.send_failure());
    std::size_t const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(count - sent, piece));
    std::size_t const got = co_await io::read(file, {memory.get(), wanted}, offset + sent);
    if (got == 0) break;
    for (std::size_t done = 0; done < got;) {
      check(s, s.send_failure());
      const_buffer const rest(memory.get() + done, got - done);
      std::size_t n = 0;
      if (s.is_socket())
        n = co_await io::send(s.kernel_fd(), rest, MSG_WAITALL);
      else
        n = co_await io::write(s.kernel_fd(), rest);
      done += n;
      s.bytes_sent += n;
    }
    sent += got;
  }
}

}  // namespace

task<std::uint64_t> send_file(stream_ptr s, int file, std::uint64_t offset, std::uint64_t count) {
  check(*s, s->send_obstacle());
  stream_turn const turn = co_await stream_turn_operation(*s);
  check(*s, s->send_failure());
  std::uint64_t sent = 0;
  try {
    bool const spliced = co_await splice_file(*s, file, offset, count, sent);
    if (!spliced) co_await copy_file(*s, file, offset, count, sent);
  } catch (std::system_error const& e) {
    s->fail("send a file to", e.code().value());
  }
  co_return sent;
}

}  // namespace halka::detail
