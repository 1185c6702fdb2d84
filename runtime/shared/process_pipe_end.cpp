// SPDX-License-Identifier: MIT
#include "process_pipe_end.hpp"

#include "../../io/readiness.hpp"
#include "../../sched/running.hpp"
#include "../../sched/sleep.hpp"
#include "../message/message_store.hpp"
#include "../message/message_writer.hpp"

#include <sys/socket.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

namespace halka::detail {

namespace {

struct header {
  std::uint32_t large = 0;  // the bytes lie in the first descriptor
  std::uint32_t descriptors = 0;
};

constexpr std::size_t most_in_a_message = 253;
constexpr std::size_t most_bytes = sizeof(header) + message_store::most_in_block;

struct control_block {
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(most_in_a_message * sizeof(int))> bytes;
};

/// Takes over the descriptors that came with a message.
std::vector<unique_fd> descriptors_of(msghdr const& message) {
  std::vector<unique_fd> all;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(const_cast<msghdr*>(&message), part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    std::size_t const count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    all.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
      all.emplace_back(fd);
    }
  }
  return all;
}

/// One recvmsg that does not block. The peer may have gone without reading all: that is told once, and means nothing here.
ssize_t receive_now(int fd, msghdr& message, int flags) {
  while (true) {
    ssize_t const got = recvmsg(fd, &message, flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got >= 0 || (errno != EINTR && errno != ECONNRESET)) return got;
  }
}

}  // namespace

std::pair<std::shared_ptr<process_pipe_end>, std::shared_ptr<process_pipe_end>> process_pipe_end::make_pair() {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) throw_io_error(errno, "make a process_pipe");
  unique_fd first(fds[0]), second(fds[1]);
  return {std::make_shared<process_pipe_end>(std::move(first)), std::make_shared<process_pipe_end>(std::move(second))};
}

std::shared_ptr<process_pipe_end> process_pipe_end::receive_from(message_reader& in) {
  unique_fd socket;
  in(socket);
  int type = 0;
  socklen_t length = sizeof type;
  if (!socket || getsockopt(socket.get(), SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_SEQPACKET)
    throw message_error("the message is garbled: a process_pipe without its socket");
  return std::make_shared<process_pipe_end>(std::move(socket));
}

bool process_pipe_end::try_send(message_writer const& message) {
  int const memory = message.memory();
  std::size_t const count = message.descriptors().size() + (memory >= 0 ? 1 : 0);
  header head{memory >= 0 ? 1U : 0U, static_cast<std::uint32_t>(count)};
  iovec parts[2] = {{&head, sizeof head}, {const_cast<std::byte*>(message.bytes().data()), message.bytes().size()}};
  msghdr sent{};
  sent.msg_iov = parts;
  sent.msg_iovlen = 2;
  control_block control;
  if (count > 0) {
    std::memset(control.bytes.data(), 0, CMSG_SPACE(count * sizeof(int)));
    sent.msg_control = control.bytes.data();
    sent.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* const rights = CMSG_FIRSTHDR(&sent);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(count * sizeof(int));
    unsigned char* to = CMSG_DATA(rights);
    if (memory >= 0) {
      std::memcpy(to, &memory, sizeof memory);
      to += sizeof memory;
    }
    if (!message.descriptors().empty()) std::memcpy(to, message.descriptors().data(), message.descriptors().size_bytes());
  }
  while (true) {
    ssize_t const done = sendmsg(fd(), &sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (done >= 0) break;
    if (errno == EAGAIN) return false;
    if (errno == ECONNRESET) continue;  // told once; EPIPE follows
    if (errno != EINTR) throw_io_error(errno, "send to a process_pipe");
  }
  sent_.fetch_add(1, std::memory_order_relaxed);  // a number to be shown
  return true;
}

pipe_receipt process_pipe_end::try_receive() {
  control_block control;
  std::array<std::byte, most_bytes> block;
  iovec part{block.data(), sizeof(header)};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  auto const receive = [&](std::size_t bytes, int flags) {
    part.iov_len = bytes;
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    message.msg_flags = 0;
    return receive_now(fd(), message, flags);
  };
  auto const check = [&](ssize_t got) {
    if (got < 0 && errno != EAGAIN) throw_io_error(errno, "receive from a process_pipe");
  };
  // A look first: a message whose descriptors do not fit into this process would be lost.
  ssize_t got = receive(sizeof(header), MSG_PEEK);
  check(got);
  if (got < 0) return pipe_receipt(pipe_receipt::kind::nothing);
  if (got == 0) return pipe_receipt(pipe_receipt::kind::end);
  std::vector<unique_fd> descriptors = descriptors_of(message);
  if (message.msg_flags & MSG_CTRUNC) throw_io_error(EMFILE, "receive from a process_pipe");
  descriptors.clear();
  got = receive(block.size(), 0);
  check(got);
  if (got < 0) return pipe_receipt(pipe_receipt::kind::nothing);  // another thread or process was faster
  if (got == 0) return pipe_receipt(pipe_receipt::kind::end);
  descriptors = descriptors_of(message);
  header head;
  if (static_cast<std::size_t>(got) < sizeof head || (message.msg_flags & MSG_TRUNC))
    throw message_error("the message is garbled: a process_pipe carries something else");
  std::memcpy(&head, block.data(), sizeof head);
  if (descriptors.size() != head.descriptors) throw message_error("a message from a process_pipe came without its descriptors");
  received_.fetch_add(1, std::memory_order_relaxed);  // a number to be shown
  std::vector<std::byte> bytes(block.begin() + sizeof head, block.begin() + got);
  unique_fd memory;
  if (head.large && !descriptors.empty()) {
    memory = std::move(descriptors.front());
    descriptors.erase(descriptors.begin());
  }
  return pipe_receipt(received_message(std::move(bytes), std::move(memory), std::move(descriptors)));
}

bool process_pipe_end::send_blocking(message_writer const& message, wait_until until) {
  while (!try_send(message))
    if (!block_until_writable(fd(), until)) return false;
  return true;
}

pipe_receipt process_pipe_end::receive_blocking(wait_until until) {
  while (true) {
    pipe_receipt receipt = try_receive();
    if (receipt.is != pipe_receipt::kind::nothing || !block_until_readable(fd(), until)) return receipt;
  }
}

task<> process_pipe_end::send(std::shared_ptr<process_pipe_end> end, std::unique_ptr<message_writer> message) {
  bool done = false;
  if (!within_budget()) co_await yield_now();
  while (true) {
    done = end->try_send(*message);
    if (done) co_return;
    co_await writable(end->fd());
  }
}

task<std::optional<received_message>> process_pipe_end::receive(std::shared_ptr<process_pipe_end> end) {
  pipe_receipt receipt(pipe_receipt::kind::nothing);
  if (!within_budget()) co_await yield_now();
  while (true) {
    receipt = end->try_receive();
    if (receipt.is != pipe_receipt::kind::nothing) co_return std::move(receipt.message);
    co_await readable(end->fd());
  }
}

task<> process_pipe_end::wait_receivable(std::shared_ptr<process_pipe_end> end) { co_await readable(end->fd()); }

}  // namespace halka::detail
