// SPDX-License-Identifier: MIT
#pragma once

#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"

#include <halka/io/epoll/epoll_backend.hpp>
#include <halka/io/ops/read.hpp>
#include <halka/io/ops/recv.hpp>
#include <halka/io/socket_address.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace halka::test {

template <class F>
void run_on_epoll(F&& fn) {
  runner r(std::make_unique<epoll_backend>());
  r.run(std::forward<F>(fn));
}

/// The descriptors that the process's only epoll knows, with the events that it would tell: "7:201b"; but for the one that wakes.
inline std::vector<std::string> registrations() {
  std::vector<std::string> found;
  for (auto const& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone) != "anon_inode:[eventpoll]") continue;
    std::ifstream info("/proc/self/fdinfo/" + entry.path().filename().string());
    for (std::string word; info >> word;) {
      std::string fd, events, label;
      if (word != "tfd:" || !(info >> fd >> label >> events >> label)) continue;
      std::string data;
      info >> data;
      if (data.size() > 8) found.push_back(fd + ':' + events);  // the waking one has no serial
    }
  }
  return found;
}

inline bool is_nonblocking(int fd) { return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0; }

struct blocking_pair {
  explicit blocking_pair(int type = SOCK_STREAM) {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) == 0);
    first = descriptor(ends[0]);
    second = descriptor(ends[1]);
  }
  descriptor first, second;
};

struct blocking_pipe {
  blocking_pipe() {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    out = descriptor(ends[0]);
    in = descriptor(ends[1]);
  }
  descriptor out, in;
};

inline task<std::string> receive(int fd) {
  char text[64];
  std::size_t const n = co_await io::recv(fd, mutable_buffer(text, sizeof text));
  co_return std::string(text, n);
}

inline task<std::string> read_from(int fd) {
  char text[64];
  std::size_t const n = co_await io::read(fd, mutable_buffer(text, sizeof text));
  co_return std::string(text, n);
}

inline void put(int fd, std::string_view text) {
  REQUIRE(write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

inline task<> until_readable(int fd) { co_await readable(fd); }

inline descriptor listen_somewhere() {
  descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto const address = socket_address::ip("127.0.0.1", 0);
  REQUIRE(bind(listener.get(), static_cast<sockaddr const*>(address.data()), static_cast<socklen_t>(address.size())) == 0);
  REQUIRE(listen(listener.get(), 8) == 0);
  return listener;
}

}  // namespace halka::test
