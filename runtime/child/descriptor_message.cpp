// SPDX-License-Identifier: MIT
#include "descriptor_message.hpp"

#include <sys/socket.h>
#include <sys/uio.h>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace halka::detail {

namespace {
constexpr std::size_t most_passed = 253;  // SCM_MAX_FD
}

int send_with_descriptors(int socket, std::span<iovec const> parts, std::span<int const> descriptors) noexcept {
  if (descriptors.size() > most_passed) return E2BIG;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * most_passed)] = {};
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  if (!descriptors.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0)
    if (errno != EINTR) return errno;
  return 0;
}

passed_message receive_with_descriptors(int socket, std::span<std::byte> buffer, int flags) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * most_passed)];
  iovec part{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t size;
  do {
    size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
  } while (size < 0 && errno == EINTR);
  passed_message result;
  if (size < 0) {
    result.error = errno;
    return result;
  }
  result.size = static_cast<std::size_t>(size);
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    std::size_t const count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    try {
      result.descriptors.reserve(result.descriptors.size() + count);
    } catch (std::bad_alloc const&) {
      result.error = ENOMEM;
    }
    for (std::size_t i = 0; i < count; ++i) {
      int number;
      std::memcpy(&number, CMSG_DATA(header) + i * sizeof(int), sizeof number);
      unique_fd fd(number);  // it is closed if it cannot be kept
      if (result.descriptors.size() < result.descriptors.capacity()) result.descriptors.push_back(std::move(fd));
    }
  }
  if (message.msg_flags & MSG_CTRUNC) result.error = EMFILE;
  return result;
}

}  // namespace halka::detail
