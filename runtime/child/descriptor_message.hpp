// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/unique_fd.hpp"

#include <cstddef>
#include <span>
#include <vector>

struct iovec;

namespace halka::detail {

/// Sends bytes and descriptors as one datagram over a unix socket; waits while the socket is full.
///
/// *Errors*: the errno, or 0.
int send_with_descriptors(int socket, std::span<iovec const> parts, std::span<int const> descriptors) noexcept;

/// A datagram with its descriptors.
struct passed_message {
  std::size_t size = 0;  // 0: the other end has gone
  std::vector<unique_fd> descriptors;
  int error = 0;  // an errno; EMFILE if not all descriptors came
};

/// Waits for one. What is longer than `buffer` is lost.
passed_message receive_with_descriptors(int socket, std::span<std::byte> buffer, int flags = 0);

}  // namespace halka::detail
