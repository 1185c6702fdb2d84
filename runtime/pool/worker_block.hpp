// SPDX-License-Identifier: MIT
#pragma once

#include "record_ring.hpp"
#include "wake_word.hpp"

#include "../../io/unique_fd.hpp"
#include "../../sched/export.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace halka::detail {

/// How far a worker process is.
enum class worker_stage : std::uint32_t { starting, initializing, serving };

/// What a record in the ring of results holds; in the ring of requests every record is a call.
enum class result_kind : std::uint32_t { value = 1, error, broken };

/// Memory that the pool and one of its workers have mapped: two rings, and the words in which each says what the other must know.
/// It is a memfd of fixed size, so neither side can take it from the other.
class HALKA_API worker_block {
 public:
  static constexpr std::size_t ring_size = 256 * 1024;

  struct words {
    alignas(64) wake_word worker;         // the worker sleeps
    std::atomic<std::uint32_t> stop = 0;  // there will be no more calls
    alignas(64) listen_word pool;         // the pool wants to be told of the next result
    std::atomic<worker_stage> stage = worker_stage::starting;
    ring_positions requests;
    ring_positions results;
  };

  /// A new one. *Errors*: `std::system_error`.
  worker_block();
  /// The worker's view of the one that it was sent.
  explicit worker_block(unique_fd descriptor);
  worker_block(worker_block const&) = delete;
  worker_block& operator=(worker_block const&) = delete;
  ~worker_block();

  words& shared() noexcept { return *reinterpret_cast<words*>(memory_); }
  std::span<std::byte> request_memory() noexcept { return {memory_ + first_ring, ring_size}; }
  std::span<std::byte> result_memory() noexcept { return {memory_ + first_ring + ring_size, ring_size}; }

  int descriptor() const noexcept { return descriptor_.get(); }
  /// The mapping stays.
  void close_descriptor() noexcept { descriptor_.close(); }

 private:
  static constexpr std::size_t first_ring = 4096;
  static constexpr std::size_t whole = first_ring + 2 * ring_size;
  static_assert(sizeof(words) <= first_ring);
  void map();

  unique_fd descriptor_;
  std::byte* memory_ = nullptr;
};

}  // namespace halka::detail
