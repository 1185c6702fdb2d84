// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/unique_fd.hpp"
#include "../message/message_reader.hpp"
#include "../message/sendable.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace halka::detail {

/// A message that has arrived; large ones in a memfd.
class received_message {
 public:
  explicit received_message(std::vector<std::byte> bytes) noexcept : bytes_(std::move(bytes)) {}
  received_message(std::vector<std::byte> bytes, unique_fd memory, std::vector<unique_fd> descriptors) noexcept
      : bytes_(std::move(bytes)), memory_(std::move(memory)), descriptors_(std::move(descriptors)) {}

  /// *Errors*: `message_error`; what reading the type throws.
  template <class T>
  T read() && {
    T item{};
    if (memory_)
      message_reader(std::move(memory_), descriptors_)(item);
    else
      message_reader(bytes_, descriptors_)(item);
    return item;
  }

 private:
  std::vector<std::byte> bytes_;
  unique_fd memory_;
  std::vector<unique_fd> descriptors_;
};

}  // namespace halka::detail
