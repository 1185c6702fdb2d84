// SPDX-License-Identifier: MIT
// The limit of echo servers over io_uring: one thread, halka's ring flags, no coroutines.
//
//   bench-echo-uring own     a recv into the connection's own buffer, a send of it, the next recv
//   bench-echo-uring multi   a multishot recv for each connection into provided buffers; a send gives its buffer back when it is
//   done
#include "../common/listener.hpp"
#include "../common/raw_ring.hpp"

#include <unistd.h>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace {

constexpr unsigned buffer_size = 16384;
constexpr unsigned buffer_count = 256;  // few, so that they stay in the caches

enum class what : std::uint8_t { accept, recv, send };

/// user_data: what it is, the descriptor, the buffer.
constexpr std::uint64_t mark(what w, int fd, unsigned buffer = 0) {
  return std::uint64_t{static_cast<std::uint8_t>(w)} << 56 | std::uint64_t{buffer} << 32 | static_cast<unsigned>(fd);
}
constexpr what what_of(std::uint64_t mark) { return static_cast<what>(mark >> 56); }
constexpr unsigned buffer_of(std::uint64_t mark) { return static_cast<unsigned>(mark >> 32) & 0xffffff; }
constexpr int fd_of(std::uint64_t mark) { return static_cast<int>(mark & 0xffffffff); }

class server {
 public:
  server(int listener, bool multishot) : listener_(listener) {
    if (multishot) provided_ = std::make_unique<bench::provided_buffers>(ring_, buffer_count, buffer_size);
  }

  [[noreturn]] void run() {
    accept();
    for (;;) {
      ring_.turn([this](io_uring_cqe const& cqe) { completed(cqe); });
      if (provided_) provided_->publish();
    }
  }

 private:
  void accept() {
    io_uring_sqe* const sqe = ring_.entry();
    io_uring_prep_multishot_accept(sqe, listener_, nullptr, nullptr, SOCK_CLOEXEC);
    sqe->user_data = mark(what::accept, listener_);
  }

  void recv(int fd) {
    io_uring_sqe* const sqe = ring_.entry();
    if (provided_) return bench::prepare_multishot_recv(*sqe, fd, mark(what::recv, fd));
    io_uring_prep_recv(sqe, fd, own(fd), buffer_size, 0);
    sqe->user_data = mark(what::recv, fd);
  }

  void send(int fd, char const* data, int size, unsigned buffer) {
    io_uring_sqe* const sqe = ring_.entry();
    io_uring_prep_send(sqe, fd, data, static_cast<unsigned>(size), MSG_WAITALL | MSG_NOSIGNAL);
    sqe->user_data = mark(what::send, fd, buffer);
  }

  char* own(int fd) {
    auto const i = static_cast<std::size_t>(fd);
    if (i >= own_.size()) own_.resize(2 * i);
    if (!own_[i]) own_[i] = std::make_unique<char[]>(buffer_size);
    return own_[i].get();
  }

  void completed(io_uring_cqe const& cqe) {
    int const fd = fd_of(cqe.user_data);
    switch (what_of(cqe.user_data)) {
      case what::accept:
        if (cqe.res >= 0) recv(cqe.res);
        if (!(cqe.flags & IORING_CQE_F_MORE)) accept();
        break;
      case what::recv:
        received(fd, cqe);
        break;
      case what::send:
        if (provided_)
          provided_->give_back(buffer_of(cqe.user_data));
        else if (cqe.res > 0)
          recv(fd);
        break;
    }
  }

  void received(int fd, io_uring_cqe const& cqe) {
    if (cqe.res == -ENOBUFS) return recv(fd);
    if (cqe.res <= 0) {
      close(fd);
      return;
    }
    if (!provided_) return send(fd, own(fd), cqe.res, 0);
    unsigned const buffer = bench::provided_buffers::id(cqe);
    send(fd, provided_->data(buffer), cqe.res, buffer);
    if (!(cqe.flags & IORING_CQE_F_MORE)) recv(fd);
  }

  bench::raw_ring ring_;
  int listener_;
  std::unique_ptr<bench::provided_buffers> provided_;
  std::vector<std::unique_ptr<char[]>> own_;
};

}  // namespace

int main(int argc, char** argv) {
  server echo(bench::listen_on_free_port(), argc > 1 && std::string_view(argv[1]) == "multi");
  echo.run();
}
