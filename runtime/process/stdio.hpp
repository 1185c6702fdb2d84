// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <stdexcept>

namespace halka {

/// What a child process finds as its standard input, output or error.
class stdio {
 public:
  enum class kind : std::uint8_t { inherit, pipe, null, merged, fd };

  /// What this process has there.
  static stdio const inherit;
  /// A pipe, whose other end is a stream of the `subprocess`.
  static stdio const pipe;
  /// /dev/null: no input, and output that is dropped.
  static stdio const null;
  /// Of the standard error: where the standard output goes.
  static stdio const merged;
  /// A descriptor of this process; the child gets a copy. *Errors*: `std::invalid_argument` if it is negative.
  static constexpr stdio fd(int number) {
    if (number < 0) throw std::invalid_argument("stdio::fd: a descriptor is not negative; was it closed?");
    return stdio(kind::fd, number);
  }

  constexpr kind what() const noexcept { return kind_; }
  constexpr int number() const noexcept { return fd_; }
  friend constexpr bool operator==(stdio const&, stdio const&) noexcept = default;

 private:
  explicit constexpr stdio(kind k, int number = -1) noexcept : kind_(k), fd_(number) {}
  kind kind_;
  int fd_;
};

inline constexpr stdio stdio::inherit(stdio::kind::inherit);
inline constexpr stdio stdio::pipe(stdio::kind::pipe);
inline constexpr stdio stdio::null(stdio::kind::null);
inline constexpr stdio stdio::merged(stdio::kind::merged);

}  // namespace halka
