// SPDX-License-Identifier: MIT
#pragma once

#include "record_ring.hpp"

#include "../../io/unique_fd.hpp"
#include "../../sched/export.hpp"
#include "../message/message_reader.hpp"
#include "../message/message_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <vector>

namespace halka::detail {

/// A message in a ring: its bytes in the record, or, if it is large, in a memfd. Descriptors, and that memfd before them, go over a
/// socket beside the ring, and before the record is published.
struct message_label {
  std::uint64_t number = 0;
  std::uint32_t kind = 0;
};

/// Publishes a message. *Result*: the position of its record; none if there is no room in the ring, or in a socket that does not
/// block. *Errors*: `std::system_error` if the descriptors cannot be sent.
HALKA_API bool post_message(ring_writer& ring, int socket, message_label label, message_writer const& message,
                            std::uint64_t& position);

/// A message that lies at the front of a ring, until `pop`.
class HALKA_API ring_message {
 public:
  /// Looks at the front record. *Errors*: `std::runtime_error` if it is garbage, or its descriptors did not come.
  ring_message(ring_reader& ring, record& front, int socket);

  std::uint64_t number() const noexcept { return label_.number; }
  std::uint32_t kind() const noexcept { return label_.kind; }
  /// An error that concerns this message only: no place for its descriptors here.
  std::exception_ptr const& error() const noexcept { return error_; }

  /// Calls `use(message_reader&)`. Once.
  template <class Use>
  void read(Use use) {
    if (error_) std::rethrow_exception(error_);
    if (in_memory_) {
      message_reader in(std::move(descriptors_.front()), std::span(descriptors_).subspan(1));
      use(in);
    } else {
      message_reader in(bytes_, descriptors_);
      use(in);
    }
  }
  void pop() noexcept { ring_.pop(size_); }

 private:
  ring_reader& ring_;
  message_label label_;
  std::size_t size_;
  std::span<std::byte const> bytes_;
  std::vector<unique_fd> descriptors_;
  std::exception_ptr error_;
  bool in_memory_ = false;
};

}  // namespace halka::detail
