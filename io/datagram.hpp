// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "../sched/task.hpp"
#include "buffer.hpp"
#include "socket_address.hpp"
#include "unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace halka {

/// A message that has arrived, and who sent it.
struct received_datagram {
  std::string data;
  socket_address sender;          // of no socket if the other end has no address
  std::size_t full_size = 0;      // as it was sent
  bool truncated = false;         // `data` is only the beginning
  received_datagram() = default;  // not an aggregate: g++ 12 mishandles those in awaiting expressions
};

/// The same for a message that was put into the caller's memory.
struct received_size {
  std::size_t size = 0;  // bytes that were written
  socket_address sender;
  std::size_t full_size = 0;
  bool truncated = false;
};

/// Messages over a socket: UDP, or unix sockets. Each is sent and received as a whole, or lost.
///
/// Any number of tasks may send and receive; a message goes to one of those who wait, in the order in which they came. After
/// `close`, and for those who wait then, everything throws `std::system_error` with EBADF. The destructor closes.
///
/// *Thread safety*: the loop's thread only.
/// *Source*: udp(7), unix(7), asyncio's datagram endpoints.
class HALKA_API datagram {
 public:
  /// The most that a UDP message over IPv4 or IPv6 can carry.
  static constexpr std::size_t largest = 65535;

  struct statistics_type {
    std::uint64_t messages_sent = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t messages_received = 0;
    std::uint64_t bytes_received = 0;
  };

  /// None.
  datagram() noexcept = default;
  /// Takes over a datagram socket. *Errors*: `std::system_error` if it is none; `std::logic_error` outside of a loop.
  explicit datagram(unique_fd fd);
  datagram(datagram&&) noexcept = default;
  datagram& operator=(datagram&& other) noexcept;
  ~datagram();

  /// Sends one message to the address that the socket is connected to; an empty one is a message too.
  ///
  /// *Suspends*: while the kernel's buffer is full.
  /// *Errors*: `std::system_error`: EMSGSIZE for a message that is too long; EDESTADDRREQ without a remote address; ECONNREFUSED
  /// when nobody listened there to an earlier message. *Cancellation*: the message was sent or not; it never goes out in part.
  /// *Lifetime*: the bytes, until the await ends.
  task<> send(const_buffer message);

  /// Sends one message to an address. *Errors*: as for `send`, with the address in the text.
  task<> send_to(const_buffer message, socket_address to);

  /// The next message. *Errors*: EMSGSIZE if it is longer than `most` bytes, and it is lost then; ECONNREFUSED when nobody listens
  /// at the address that the socket is connected to. *Cancellation*: loses nothing.
  task<std::string> receive(std::size_t most = largest);

  /// The next message with its sender. A message longer than `most` bytes is cut, and `truncated` tells.
  task<received_datagram> receive_from(std::size_t most = largest);

  /// The next message into the caller's memory. *Lifetime*: the memory, until the await ends.
  task<received_size> receive_into(mutable_buffer into);

  // -- options; *Errors*: `std::system_error`

  /// Allows sending to broadcast addresses.
  void set_broadcast(bool on);
  /// Receives what is sent to a multicast group, on the named interface or on the one that the system chooses.
  ///
  /// *Errors*: `std::invalid_argument` for what is no address in numbers, or no interface.
  void join_group(std::string_view group, std::string_view interface = {});
  void leave_group(std::string_view group, std::string_view interface = {});
  /// The interface over which multicast is sent.
  void set_multicast_interface(std::string_view interface);
  /// How many routers multicast may pass; 1, the default, means this network only.
  void set_multicast_hops(int hops);
  /// Whether what is sent to a group comes to receivers on this machine too; so it is by default.
  void set_multicast_loopback(bool on);

  // -- the rest

  /// Closes the socket at once; tasks that wait get errors. Harmless when called again.
  void close() noexcept;
  bool is_open() const noexcept;
  explicit operator bool() const noexcept { return is_open(); }
  socket_address local_address() const noexcept;
  /// The address that it is connected to; of no socket if it is not.
  socket_address peer_address() const noexcept;
  /// The descriptor, for options; -1 after `close`.
  int fd() const noexcept;
  statistics_type statistics() const noexcept;

 private:
  struct shared;
  static task<> send_message(std::shared_ptr<shared> state, const_buffer message, socket_address to);
  static task<received_size> receive_message(std::shared_ptr<shared> state, mutable_buffer into);
  std::shared_ptr<shared> state(char const* what) const;
  void change_membership(int option, std::string_view group, std::string_view interface, char const* name);

  std::shared_ptr<shared> state_;
};

}  // namespace halka
