// SPDX-License-Identifier: MIT
#pragma once

// What this process and its zygote say to each other, over a socket that keeps the boundaries of messages.
//
//   zygote -> parent   ready                       once, when it serves
//   parent -> zygote   start_child + two messages: what the zygote's child has to know of itself, and the arguments of its function
//                      start_zygote                with a socket: another zygote, for whoever has the other end
//   zygote -> parent   answer                      to each, in order; with the child's pidfd
//
// The two messages follow their header in the datagram, or lie in a memfd that is among the descriptors, before those of the
// message.

#include "../../sched/export.hpp"
#include "descriptor_message.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace halka::zygote_protocol {

/// The environment variable that tells a program that it was started to be a zygote, and where its socket is.
inline constexpr char variable[] = "HALKA_ZYGOTE";
/// What LD_PRELOAD was before halka put the library in that the zygote must have.
inline constexpr char preload_variable[] = "HALKA_ZYGOTE_PRELOAD";

inline constexpr std::uint32_t version = 0x68616c01;
inline constexpr std::size_t largest_datagram = 160 * 1024;  // two messages that are small enough to lie in it
inline constexpr std::size_t most_descriptors = 250;         // the kernel passes 253 at a time

enum class request_kind : std::uint32_t { start_child = 1, start_zygote = 2 };

struct message_part {
  std::uint64_t size = 0;
  std::uint32_t descriptors = 0;
  std::uint32_t in_memory = 0;  // 1: in the memfd before its descriptors
};

struct request {
  std::uint32_t version = zygote_protocol::version;
  request_kind kind = request_kind::start_child;
  message_part self;
  message_part arguments;
};

struct answer {
  std::uint32_t version = zygote_protocol::version;
  std::int32_t error = 0;  // an errno
  std::int32_t pid = 0;
};

/// Takes the request off the front of a datagram. *Result*: false if it is none.
HALKA_API bool read_request(std::span<std::byte const>& datagram, request& r) noexcept;

/// Waits for an answer; its `error` also says what went wrong on the way, EPIPE if the zygote has died. *Result*: what came with
/// it.
HALKA_API detail::passed_message receive_answer(int socket, answer& a);

}  // namespace halka::zygote_protocol
