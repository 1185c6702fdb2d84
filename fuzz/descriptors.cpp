// SPDX-License-Identifier: MIT
#include "descriptors.hpp"

#include <halka/runtime/shared/shared_page.hpp>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cstdint>
#include <utility>

namespace halka::fuzz {

namespace {

unique_fd memory(std::string const& content, off_t size, int seals) {
  unique_fd fd(memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  static_cast<void>(!pwrite(fd.get(), content.data(), content.size(), 0));
  if (size > 0) static_cast<void>(!ftruncate(fd.get(), size));
  fcntl(fd.get(), F_ADD_SEALS, seals);
  return fd;
}

/// The page of a shared object: what kind it is, which copy of the state counts, a lock, the state.
unique_fd page(input& in) {
  constexpr std::array<std::uint32_t, 3> kinds{0x51756575, 0x4c6f636b, 0x53656d61};
  constexpr std::size_t lock_size = 56;
  std::uint32_t const kind = in.below(8) == 0 ? static_cast<std::uint32_t>(in.number()) : kinds[in.below(kinds.size())];
  std::string content(reinterpret_cast<char const*>(&kind), sizeof kind);
  content += static_cast<char>(in.byte());
  content.resize(sizeof kind + sizeof kind + lock_size);
  content += in.text(in.below(64));
  return memory(content, in.below(8) == 0 ? 0 : 2 * detail::shared_page::size, in.below(8) == 0 ? 0 : F_SEAL_SHRINK);
}

}  // namespace

std::size_t open_descriptors() {
  std::size_t n = 0;
  for (int fd = 0; fd < 256; ++fd) n += fcntl(fd, F_GETFD) >= 0 ? 1U : 0U;
  return n;
}

packet_sockets::packet_sockets() {
  std::array<int, 2> ends{-1, -1};
  must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0, "socketpair");
  a = unique_fd(ends[0]);
  b = unique_fd(ends[1]);
}

unique_fd descriptor_maker::make(input& in) {
  std::array<int, 2> both{-1, -1};
  switch (in.below(12)) {
    case 0:
      return unique_fd(open("/dev/null", O_RDWR | O_CLOEXEC));
    case 1:
      return unique_fd(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    case 2:
      return memory(in.text(in.below(64)), 0, 0);
    case 3:
      return memory(in.text(in.below(64)), in.byte() * 64, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    case 4:
      return memory({}, detail::shared_page::size, F_SEAL_SHRINK | F_SEAL_WRITE);
    case 5:
      return unique_fd(eventfd(in.below(2), EFD_CLOEXEC));
    case 6:
      static_cast<void>(!pipe2(both.data(), O_CLOEXEC));
      break;
    case 7:
      static_cast<void>(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, both.data()));
      break;
    case 8:
      static_cast<void>(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both.data()));
      break;
    case 9:
      return unique_fd(eventfd(in.below(2), EFD_CLOEXEC | EFD_NONBLOCK));
    default:
      return page(in);
  }
  others_.emplace_back(both[1]);
  return unique_fd(both[0]);
}

std::vector<unique_fd> descriptor_maker::some(input& in, unsigned n) {
  std::vector<unique_fd> all;
  for (unsigned i = 0; i < n; ++i) all.push_back(make(in));
  return all;
}

}  // namespace halka::fuzz
