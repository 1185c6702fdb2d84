// SPDX-License-Identifier: MIT
#pragma once

#include "../../support/descriptors.hpp"
#include "../../support/forked.hpp"

#include <halka/halka.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace soak {

/// The other process' view of an `opponent`.
class opponent_line {
 public:
  opponent_line(int in, int out) noexcept : in_(in), out_(out) {}
  /// Waits for a number of the program under test. Ends the process if that has gone.
  std::uint64_t hear() const;
  void tell(std::uint64_t number) const;
  /// Answers with the number and waits for the next.
  void meet(std::uint64_t number = 0) const;

 private:
  int in_;
  int out_;
};

/// A process with plain blocking sockets that treats a server as clients should not. It knows nothing of halka, so what it measures
/// and breaks is the other side alone.
class opponent {
 public:
  using role = std::function<void(std::uint16_t port, opponent_line const& line)>;

  /// Forks: before the loop is there. The role begins with `begin`.
  explicit opponent(role const& fn);

  void begin(std::uint16_t port) const { tell(port); }
  void tell(std::uint64_t number) const;
  /// The next number that it tells.
  halka::task<std::uint64_t> hear() const;
  /// Answers what `meet` has told, and lets it go on.
  halka::task<std::uint64_t> meet() const;

  /// By a signal, as for kill(2).
  void send_signal(int number) const noexcept { process_->kill(number); }
  /// Waits for its end; throws unless it ended well.
  void end();

 private:
  int run(role const& fn) const;

  halka::pipe_ends down_ = halka::make_pipe();
  halka::pipe_ends up_ = halka::make_pipe();
  std::optional<halka::test::forked> process_;
};

// Blocking sockets for opponents.

/// Connects to 127.0.0.1, with a receive buffer of so many bytes, or the default. Tries again while the system refuses for want of
/// room.
halka::test::descriptor connect_to(std::uint16_t port, int receive_buffer = 0);

/// Lets the close of a socket send a reset instead of an end.
void will_reset(int fd);

/// Lets a socket hear nothing any more: what arrives is dropped without an answer, as if its host were gone.
void vanish(int fd);

/// Sends or reads all; fails the process otherwise.
void send_all(int fd, char const* data, std::size_t size);
void read_all(int fd, char* data, std::size_t size);

}  // namespace soak
