// SPDX-License-Identifier: MIT
#pragma once

#include "rolling_hash.hpp"

#include <halka/halka.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>

namespace soak {

enum class content { bytes, lines, frames };

/// One direction of one stream: what is to go there, and what has gone.
struct direction {
  std::string name;
  content kind = content::bytes;
  std::uint64_t seed = 0;
  std::uint64_t quota = 0;  // bytes to send

  rolling_hash sent;
  rolling_hash received;
  std::uint64_t given_up_writes = 0;
  std::uint64_t sent_all_the_same = 0;  // of these
  std::uint64_t given_up_reads = 0;
  char const* doing[2] = {"", ""};  // the sender and the receiver, for the report of a standstill

  [[noreturn]] void fail(std::string const& text) const { throw std::runtime_error(name + ": " + text); }
  void note_received(std::string_view bytes) noexcept;
};

/// All bytes that were received, on all threads.
inline std::atomic<std::uint64_t> bytes_moved = 0;

inline void direction::note_received(std::string_view bytes) noexcept {
  received.add(bytes);
  bytes_moved.fetch_add(bytes.size(), std::memory_order_relaxed);
}

/// What the stream has taken: it was sent, or is kept to be sent.
inline std::uint64_t taken(halka::stream const& s) noexcept {
  auto const statistics = s.statistics();
  return statistics.bytes_sent + statistics.unsent;
}

/// An exception and, if it is a group, all that are in it.
std::string explain(std::exception_ptr const& e);

/// Sends and receives as the kind of the direction says; the sender ends the output of the stream.
halka::task<> send(halka::stream& s, direction& d);
halka::task<> receive(halka::stream& s, direction& d);

halka::task<> send_bytes(halka::stream& s, direction& d);
halka::task<> receive_bytes(halka::stream& s, direction& d);
halka::task<> send_lines(halka::stream& s, direction& d);
halka::task<> receive_lines(halka::stream& s, direction& d);
halka::task<> send_frames(halka::stream& s, direction& d);
halka::task<> receive_frames(halka::stream& s, direction& d);

}  // namespace soak
