// SPDX-License-Identifier: MIT
#pragma once

// Records on their way from one process to another, through memory that both have mapped.
//
//   |   free   | record | record | record |      free      |
//              head: what the reader looks at    tail: where the writer goes on
//
// Both are positions that only grow; the place in the memory is the position modulo the size. The writer moves the tail, the reader
// the head, and each keeps its own in memory of its own too: what the other side says is compared with that, and a position that
// cannot be is thrown as garbage. A record is never torn in two: where the end of the memory is too near, the rest of it becomes
// padding.
//
// A record begins with a state. The writer may take back what it has published while the state is `waiting`, and the reader begins
// a record by making it `begun`; both by compare-and-exchange, so one of the two gets it.
//
// Sleeping and waking is not the ring's affair (wake_word.hpp). It publishes with a sequentially consistent store, and looks with a
// sequentially consistent load, as that needs it.

#include "../../sched/export.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace halka::detail {

enum class record_state : std::uint32_t { waiting = 1, begun, taken_back, padding };

struct record {
  std::atomic<record_state> state;
  std::uint32_t size;    // of what follows the record
  std::uint64_t number;  // of the job
  std::uint32_t kind;
  std::uint32_t packet;               // 1: descriptors, and perhaps the bytes, come over the socket
  std::atomic<std::int64_t> began{};  // when the reader began it, on the monotonic clock

  std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  /// For the reader.
  bool begin() noexcept { return change(record_state::begun); }
  /// For the writer, while the reader has not passed it.
  bool take_back() noexcept { return change(record_state::taken_back); }

 private:
  bool change(record_state to) noexcept {
    record_state expected = record_state::waiting;
    return state.compare_exchange_strong(expected, to);
  }
};
static_assert(sizeof(record) == 32 && std::atomic<std::uint64_t>::is_always_lock_free);

/// The two positions, in the shared memory.
struct ring_positions {
  alignas(64) std::atomic<std::uint64_t> head = 0;
  alignas(64) std::atomic<std::uint64_t> tail = 0;
};

/// The end that writes.
class HALKA_API ring_writer {
 public:
  /// The memory's size is a power of two.
  ring_writer(ring_positions& positions, std::span<std::byte> memory) noexcept : shared_(positions), memory_(memory) {}

  /// A place for a record with so many bytes; null if there is none at present. *Errors*: `std::runtime_error` if the other side
  /// wrote garbage.
  record* reserve(std::size_t size);
  /// Hands over what was reserved last.
  void publish() noexcept;

  /// Where the record that is reserved, or will be next, lies.
  std::uint64_t position() const noexcept { return tail_; }
  /// Takes back the record that was published at `position`. False if the reader has begun or passed it.
  bool take_back(std::uint64_t position);
  /// When the reader began the record at `position`; 0 if it has not, or has passed it.
  std::int64_t began(std::uint64_t position);
  /// Whether so many bytes will ever fit.
  bool can_hold(std::size_t size) const noexcept { return sizeof(record) + size <= memory_.size() / 2; }

 private:
  record& at(std::uint64_t position) const noexcept;
  bool passed(std::uint64_t position);
  void look_at_head();

  ring_positions& shared_;
  std::span<std::byte> memory_;
  std::uint64_t head_ = 0;  // as far as it was seen
  std::uint64_t tail_ = 0;
  std::size_t reserved_ = 0;
};

/// The end that reads.
class HALKA_API ring_reader {
 public:
  ring_reader(ring_positions& positions, std::span<std::byte> memory) noexcept : shared_(positions), memory_(memory) {}

  /// Whether there is a record. *Thread safety*: the reader's.
  bool empty() const noexcept { return shared_.tail.load() == head_; }
  /// The oldest record; null if there is none. *Errors*: `std::runtime_error` if the other side wrote garbage.
  record* front();
  /// Whether so many bytes behind the front record are the writer's. What follows from `record::size` must be asked for first.
  bool holds(std::size_t size) const noexcept;
  /// Gives the front record's place back; `size` is what was found in it.
  void pop(std::size_t size) noexcept;

 private:
  ring_positions& shared_;
  std::span<std::byte> memory_;
  std::uint64_t head_ = 0;
  std::uint64_t tail_ = 0;  // as far as it was seen
};

}  // namespace halka::detail
