// SPDX-License-Identifier: MIT
#include "datagram.hpp"

#include "../sched/running.hpp"
#include "inherited_keeper.hpp"
#include "io_backend.hpp"
#include "ops/receive_message.hpp"
#include "ops/send_message.hpp"
#include "socket.hpp"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace halka {

namespace {

unsigned index_of(std::string_view interface) {
  if (interface.empty()) return 0;
  unsigned const index = if_nametoindex(std::string(interface).c_str());
  if (index == 0) throw std::invalid_argument("there is no network interface '" + std::string(interface) + "'");
  return index;
}

}  // namespace

/// What the operations share. It outlives the object while tasks wait.
struct datagram::shared {
  unique_fd fd;
  socket_address peer;
  io_backend& backend;
  std::uint32_t const keeper = io_backend::new_keeper();
  statistics_type statistics;
  std::size_t waiting = 0;  // tasks that are in the kernel's hands
  std::unique_ptr<char[]> spare;

  shared(unique_fd owned, io_backend& b) : fd(std::move(owned)), backend(b) {}

  void check_open(char const* what) const {
    if (!fd) detail::throw_io_error(EBADF, std::string(what) + " a closed socket");
  }

  void close() noexcept {
    if (!fd) return;
    if (waiting > 0 && !detail::is_inherited(keeper)) {
      backend.before_close(fd.get());
      io::shut_down(fd.get());  // wakes those who receive, also on a socket that is not connected
    } else {
      io_backend::forget_of(&backend, fd.get());
    }
    fd.close();
  }

  /// Memory to receive into. One piece is kept for the next receiver.
  std::unique_ptr<char[]> take_memory(std::size_t size) {
    if (size == largest && spare) return std::move(spare);
    return std::make_unique_for_overwrite<char[]>(size);
  }
  void give_back(std::unique_ptr<char[]> memory, std::size_t size) noexcept {
    if (size == largest) spare = std::move(memory);
  }

  int option_level() const noexcept { return socket_address::local_of(fd.get()).family() == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP; }
};

namespace {

/// Counts a task that waits in the kernel.
class waiting_here {
 public:
  explicit waiting_here(std::size_t& count) noexcept : count_(count) { ++count_; }
  ~waiting_here() { --count_; }
  waiting_here(waiting_here const&) = delete;
  waiting_here& operator=(waiting_here const&) = delete;

 private:
  std::size_t& count_;
};

}  // namespace

datagram::datagram(unique_fd fd) {
  int type = 0;
  socklen_t length = sizeof type;
  if (getsockopt(fd.get(), SOL_SOCKET, SO_TYPE, &type, &length) != 0)
    detail::throw_io_error(errno, "datagram over fd " + std::to_string(fd.get()));
  if (type != SOCK_DGRAM) detail::throw_io_error(EPROTOTYPE, "datagram over fd " + std::to_string(fd.get()));
  state_ = std::make_shared<shared>(std::move(fd), io_backend::of(get_running_loop()));
  state_->peer = socket_address::peer_of(state_->fd.get());
}

datagram& datagram::operator=(datagram&& other) noexcept {
  if (this == &other) return *this;
  close();
  state_ = std::move(other.state_);
  return *this;
}

datagram::~datagram() { close(); }

std::shared_ptr<datagram::shared> datagram::state(char const* what) const {
  if (!state_) detail::throw_io_error(EBADF, std::string(what) + " a closed socket");
  state_->check_open(what);
  return state_;
}

// -- sending and receiving

task<> datagram::send(const_buffer message) { return send_message(state("send to"), message, socket_address()); }

task<> datagram::send_to(const_buffer message, socket_address to) {
  if (!to.is_set()) throw std::invalid_argument("send_to needs an address");
  return send_message(state("send to"), message, to);
}

task<> datagram::send_message(std::shared_ptr<shared> state, const_buffer message, socket_address to) {
  state->check_open("send to");
  iovec part{const_cast<char*>(message.data()), message.size()};
  msghdr header{};  // lifetime: it, the part and the address lie in this frame
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (to.is_set()) {
    header.msg_name = const_cast<sockaddr*>(to.data());
    header.msg_namelen = static_cast<socklen_t>(to.size());
  }
  try {
    waiting_here const counted(state->waiting);
    std::size_t const sent = co_await io::send_message(state->fd.get(), header, 0, state->keeper);
    ++state->statistics.messages_sent;
    state->statistics.bytes_sent += sent;
  } catch (std::system_error const& e) {
    state->check_open("send to");
    socket_address const& destination = to.is_set() ? to : state->peer;
    detail::throw_io_error(e.code().value(), destination.is_set() ? "send to " + destination.to_string() : "send");
  }
}

task<received_size> datagram::receive_message(std::shared_ptr<shared> state, mutable_buffer into) {
  state->check_open("receive on");
  received_size received;
  sockaddr_storage sender{};
  iovec part{into.data(), into.size()};
  msghdr header{};  // lifetime: it and what it names lie in this frame, but for the bytes, which are the caller's
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_name = &sender;
  header.msg_namelen = sizeof sender;
  try {
    waiting_here const counted(state->waiting);
    received.full_size = co_await io::receive_message(state->fd.get(), header, MSG_TRUNC, state->keeper);
  } catch (std::system_error const& e) {
    state->check_open("receive on");
    detail::throw_io_error(e.code().value(), "receive on " + socket_address::local_of(state->fd.get()).to_string() +
                                                 (state->peer.is_set() ? " from " + state->peer.to_string() : ""));
  }
  state->check_open("receive on");  // else shutting it down would look like an empty message
  received.size = std::min(received.full_size, into.size());
  received.truncated = (header.msg_flags & MSG_TRUNC) != 0;
  received.sender = header.msg_namelen > 0
                        ? socket_address(reinterpret_cast<sockaddr const*>(&sender), std::size_t{header.msg_namelen})
                        : state->peer;
  ++state->statistics.messages_received;
  state->statistics.bytes_received += received.full_size;
  co_return received;
}

task<received_size> datagram::receive_into(mutable_buffer into) { return receive_message(state("receive on"), into); }

task<received_datagram> datagram::receive_from(std::size_t most) {
  std::shared_ptr<shared> const held = state("receive on");
  std::unique_ptr<char[]> memory = held->take_memory(most);
  received_size const received = co_await receive_message(held, mutable_buffer(memory.get(), most));
  received_datagram message;
  message.data.assign(memory.get(), received.size);
  held->give_back(std::move(memory), most);
  message.sender = received.sender;
  message.full_size = received.full_size;
  message.truncated = received.truncated;
  co_return message;
}

task<std::string> datagram::receive(std::size_t most) {
  received_datagram message = co_await receive_from(most);
  if (message.truncated)
    detail::throw_io_error(EMSGSIZE, "receive a message of " + std::to_string(message.full_size) + " bytes, of which " +
                                         std::to_string(most) + " were wanted");
  co_return std::move(message.data);
}

// -- options

void datagram::set_broadcast(bool on) {
  io::set_option(state("set SO_BROADCAST on")->fd.get(), SOL_SOCKET, SO_BROADCAST, on, "SO_BROADCAST");
}

void datagram::change_membership(int option, std::string_view group, std::string_view interface, char const* name) {
  auto const held = state(name);
  socket_address const address = socket_address::ip(group, 0);
  group_req request{};
  request.gr_interface = index_of(interface);
  std::memcpy(&request.gr_group, address.data(), address.size());
  int const level = address.family() == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
  if (setsockopt(held->fd.get(), level, option, &request, sizeof request) == 0) return;
  std::string const on = interface.empty() ? std::string() : " on " + std::string(interface);
  detail::throw_io_error(errno, std::string(name) + " group " + std::string(group) + on);
}

void datagram::join_group(std::string_view group, std::string_view interface) {
  change_membership(MCAST_JOIN_GROUP, group, interface, "join");
}

void datagram::leave_group(std::string_view group, std::string_view interface) {
  change_membership(MCAST_LEAVE_GROUP, group, interface, "leave");
}

void datagram::set_multicast_interface(std::string_view interface) {
  auto const held = state("set the multicast interface of");
  int const index = static_cast<int>(index_of(interface));
  if (held->option_level() == IPPROTO_IPV6)
    return io::set_option(held->fd.get(), IPPROTO_IPV6, IPV6_MULTICAST_IF, index, "IPV6_MULTICAST_IF");
  ip_mreqn request{};
  request.imr_ifindex = index;
  if (setsockopt(held->fd.get(), IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request) != 0)
    detail::throw_io_error(errno, "set IP_MULTICAST_IF on fd " + std::to_string(held->fd.get()));
}

void datagram::set_multicast_hops(int hops) {
  auto const held = state("set the multicast hops of");
  if (held->option_level() == IPPROTO_IPV6)
    io::set_option(held->fd.get(), IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops, "IPV6_MULTICAST_HOPS");
  else
    io::set_option(held->fd.get(), IPPROTO_IP, IP_MULTICAST_TTL, hops, "IP_MULTICAST_TTL");
}

void datagram::set_multicast_loopback(bool on) {
  auto const held = state("set the multicast loopback of");
  if (held->option_level() == IPPROTO_IPV6)
    io::set_option(held->fd.get(), IPPROTO_IPV6, IPV6_MULTICAST_LOOP, on, "IPV6_MULTICAST_LOOP");
  else
    io::set_option(held->fd.get(), IPPROTO_IP, IP_MULTICAST_LOOP, on, "IP_MULTICAST_LOOP");
}

// -- the rest

void datagram::close() noexcept {
  if (state_) state_->close();
}

bool datagram::is_open() const noexcept { return state_ && state_->fd.is_open(); }

socket_address datagram::local_address() const noexcept { return is_open() ? socket_address::local_of(fd()) : socket_address(); }

socket_address datagram::peer_address() const noexcept { return state_ ? state_->peer : socket_address(); }

int datagram::fd() const noexcept { return state_ ? state_->fd.get() : -1; }

datagram::statistics_type datagram::statistics() const noexcept { return state_ ? state_->statistics : statistics_type(); }

}  // namespace halka
