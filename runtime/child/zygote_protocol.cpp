// SPDX-License-Identifier: MIT
#include "zygote_protocol.hpp"

#include <array>
#include <cerrno>
#include <cstring>

namespace halka::zygote_protocol {

bool read_request(std::span<std::byte const>& datagram, request& r) noexcept {
  if (datagram.size() < sizeof r) return false;
  std::memcpy(&r, datagram.data(), sizeof r);
  datagram = datagram.subspan(sizeof r);
  return r.version == version && (r.kind == request_kind::start_child || r.kind == request_kind::start_zygote);
}

detail::passed_message receive_answer(int socket, answer& a) {
  std::array<std::byte, sizeof(answer)> buffer{};
  detail::passed_message m = detail::receive_with_descriptors(socket, buffer);
  if (m.error != 0 && m.size == 0)
    a.error = m.error == ECONNRESET ? EPIPE : m.error;
  else if (m.size != sizeof a)
    a.error = m.size == 0 ? EPIPE : EPROTO;
  else
    std::memcpy(&a, buffer.data(), sizeof a);
  if (a.version != version) a.error = EPROTO;
  if (a.error == 0 && m.error != 0) a.error = m.error;  // there was no room for its descriptor
  return m;
}

}  // namespace halka::zygote_protocol
