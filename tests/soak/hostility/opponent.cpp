// SPDX-License-Identifier: MIT
#include "opponent.hpp"

#include "../measures.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <stdexcept>

namespace soak {

namespace {

std::uint64_t read_number(int fd) {
  std::uint64_t number = 0;
  ssize_t const n = ::read(fd, &number, sizeof number);
  if (n == 0) throw std::runtime_error("the other process has gone");
  if (n != sizeof number) fail_of_system("read from the other process");
  return number;
}

void write_number(int fd, std::uint64_t number) {
  if (::write(fd, &number, sizeof number) != sizeof number) fail_of_system("write to the other process");
}

}  // namespace

std::uint64_t opponent_line::hear() const { return read_number(in_); }
void opponent_line::tell(std::uint64_t number) const { write_number(out_, number); }
void opponent_line::meet(std::uint64_t number) const {
  tell(number);
  hear();
}

opponent::opponent(role const& fn) {
  process_.emplace([&] { return run(fn); });
}

int opponent::run(role const& fn) const {
  alarm(600);
  // Its own copies of the program's ends would keep the pipes open when the program dies.
  ::close(down_.write_end.get());
  ::close(up_.read_end.get());
  opponent_line const line(down_.read_end.get(), up_.write_end.get());
  auto const port = static_cast<std::uint16_t>(line.hear());
  fn(port, line);
  return 0;
}

void opponent::tell(std::uint64_t number) const { write_number(down_.write_end.get(), number); }

halka::task<std::uint64_t> opponent::hear() const {
  co_await halka::readable(up_.read_end.get());
  co_return read_number(up_.read_end.get());
}

halka::task<std::uint64_t> opponent::meet() const {
  std::uint64_t const number = co_await hear();
  tell(0);
  co_return number;
}

void opponent::end() {
  int const code = process_->wait();
  check(code == 0, "an opponent ended with " + std::to_string(code));
}

halka::test::descriptor connect_to(std::uint16_t port, int receive_buffer) {
  halka::test::descriptor s(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (s.get() < 0) fail_of_system("socket");
  if (receive_buffer > 0) setsockopt(s.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(s.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0) fail_of_system("connect");
  return s;
}

void will_reset(int fd) {
  linger const at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void vanish(int fd) {
  sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  sock_fprog const program{.len = 1, .filter = &nothing};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) fail_of_system("SO_ATTACH_FILTER");
}

void send_all(int fd, char const* data, std::size_t size) {
  while (size > 0) {
    ssize_t const n = ::send(fd, data, size, MSG_NOSIGNAL);
    if (n <= 0) fail_of_system("send");
    data += n;
    size -= static_cast<std::size_t>(n);
  }
}

void read_all(int fd, char* data, std::size_t size) {
  while (size > 0) {
    ssize_t const n = ::read(fd, data, size);
    if (n <= 0) fail_of_system("read");
    data += n;
    size -= static_cast<std::size_t>(n);
  }
}

}  // namespace soak
