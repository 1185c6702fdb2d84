// SPDX-License-Identifier: MIT
#include "ring_message.hpp"

#include "../../io/operation_awaiter.hpp"
#include "../child/descriptor_message.hpp"

#include <sys/uio.h>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace halka::detail {

namespace {

/// What `record::packet` says.
enum packet_kind : std::uint32_t { none, descriptors, memory_and_descriptors };

[[noreturn]] void throw_no_packet() { throw std::runtime_error("the descriptors of a call or of its result did not come"); }

}  // namespace

bool post_message(ring_writer& ring, int socket, message_label label, message_writer const& message, std::uint64_t& position) {
  int const memory = message.memory();
  std::size_t const size = memory < 0 ? message.size() : 0;
  record* const r = ring.reserve(size);
  if (!r) return false;
  if (memory >= 0 || !message.descriptors().empty()) {
    std::vector<int> all;
    if (memory >= 0) all.push_back(memory);
    all.insert(all.end(), message.descriptors().begin(), message.descriptors().end());
    iovec const number{&label.number, sizeof label.number};
    int const error = send_with_descriptors(socket, std::span(&number, 1), all);
    if (error == EAGAIN) return false;
    if (error == E2BIG)
      throw std::invalid_argument("a call or its result can hold 253 descriptors; this one has " + std::to_string(all.size()));
    if (error != 0) throw_io_error(error, "send descriptors between a pool and its worker");
    r->packet = memory >= 0 ? memory_and_descriptors : descriptors;
  }
  r->number = label.number;
  r->kind = label.kind;
  if (size > 0) std::memcpy(r->bytes(), message.bytes().data(), size);
  position = ring.position();
  ring.publish();
  return true;
}

ring_message::ring_message(ring_reader& ring, record& front, int socket)
    : ring_(ring), label_{front.number, front.kind}, size_(front.size), bytes_(front.bytes(), size_) {
  std::uint32_t const packet = front.packet;
  if (!ring.holds(size_)) throw std::runtime_error("the other process wrote garbage into the shared memory");
  if (packet == none) return;
  std::uint64_t number = 0;
  passed_message came = receive_with_descriptors(socket, std::as_writable_bytes(std::span(&number, 1)));
  if (came.error == EMFILE) {
    try {
      throw_io_error(EMFILE, "receive descriptors between a pool and its worker");
    } catch (...) {
      error_ = std::current_exception();
    }
    return;
  }
  if (came.error != 0 || came.size != sizeof number || number != label_.number || came.descriptors.empty()) throw_no_packet();
  descriptors_ = std::move(came.descriptors);
  in_memory_ = packet == memory_and_descriptors;
}

}  // namespace halka::detail
