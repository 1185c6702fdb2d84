// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace halka::test {

/// A descriptor that is closed at the end.
class descriptor {
 public:
  explicit descriptor(int fd = -1) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() { close(); }

  int get() const noexcept { return fd_; }
  void close() noexcept;

 private:
  int fd_;
};

/// A pipe whose ends do not block.
struct pipe_pair {
  pipe_pair();
  void write(std::string_view text) const;
  /// What is in it now; empty for nothing.
  std::string read() const;
  /// Writes until there is no room.
  void fill() const;
  /// Reads until there is nothing.
  void drain() const;

  descriptor read_end;
  descriptor write_end;
};

/// Two connected sockets that do not block.
struct socket_pair {
  socket_pair();
  descriptor first;
  descriptor second;
};

/// The number of descriptors that this process has open.
std::size_t open_descriptors();

/// Allows so many open descriptors, if the system does.
void raise_descriptor_limit(std::size_t wanted);

}  // namespace halka::test
