// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/stream.hpp"
#include "../../sched/clock.hpp"
#include "../../sched/export.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace halka::testing {

/// How the bytes travel between two linked streams, each way.
struct link_options {
  clock::duration latency{};                      // from the write to where it can be read
  clock::duration jitter{};                       // and up to so much more, at random; the order is kept
  std::uint64_t bytes_per_second = 0;             // 0: without limit
  std::size_t largest_piece = 0;                  // bytes arrive in pieces of at most so many, at random; 0: as they come
  std::size_t window = 65536;                     // bytes under way, beyond which writes wait
  std::uint64_t reset_after = ~std::uint64_t{0};  // bytes, counted both ways: then the connection breaks
  std::uint64_t seed = 1;                         // of what is left to chance
};

/// A pair of connected streams inside this process, with the faults of a network between them: what is written to one is read from
/// the other, later, in pieces, or not at all.
///
/// The end of output and a close travel like bytes. After a reset both ends throw `std::system_error` with ECONNRESET, and what was
/// under way is lost. With virtual time the latency costs no time.
///
/// *Errors*: `std::system_error` if there are no descriptors (a link takes four); `std::logic_error` outside of a loop;
/// `std::invalid_argument` for negative durations.
/// *Lifetime*: the link goes when both streams are closed, or with the loop.
/// *Thread safety*: the loop's thread only.
HALKA_API std::pair<stream, stream> make_linked_streams(link_options const& options = {});

}  // namespace halka::testing
