// SPDX-License-Identifier: MIT
#pragma once

#include "task_state.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace halka {

/// The records of one loop's tasks.
///
/// Records lie in chunks that are aligned to their size, and a chunk begins with the address of its loop, so that a record finds
/// its loop without storing it. The chunks outlive the loop as long as a handle still refers to a record.
class task_slab {
 public:
  explicit task_slab(event_loop& loop) noexcept : loop_(&loop) {}
  task_slab(task_slab const&) = delete;
  task_slab& operator=(task_slab const&) = delete;

  /// A record in its initial state. *Errors*: `std::bad_alloc`.
  task_state& allocate();
  static void free(task_state& record) noexcept;
  static event_loop* loop_of(task_state const& record) noexcept;

  /// The loop is gone: deletes the slab now or when its last record is freed.
  void abandon() noexcept;

  /// Calls `visit(task_state&)` for every record in use.
  template <class Visit>
  void for_each(Visit visit) const {
    for (chunk* c : chunks_)
      for (std::size_t i = 0; i < c->used; ++i)
        if (task_state& record = c->record(i); record.refs_ > 0) visit(record);
  }

 private:
  static constexpr std::size_t chunk_size = 256 * 1024;
  struct alignas(sizeof(task_state)) chunk {
    task_slab* slab;
    std::size_t used = 0;  // records beyond this one were never given out

    task_state& record(std::size_t i) noexcept { return reinterpret_cast<task_state*>(this + 1)[i]; }
  };
  static_assert(sizeof(chunk) == sizeof(task_state));
  static constexpr std::size_t records_per_chunk = chunk_size / sizeof(task_state) - 1;

  ~task_slab();
  static chunk& chunk_of(task_state const& record) noexcept {
    return *reinterpret_cast<chunk*>(reinterpret_cast<std::uintptr_t>(&record) & ~(chunk_size - 1));
  }
  chunk& grow();

  event_loop* loop_;
  std::vector<chunk*> chunks_;
  runnable* free_ = nullptr;
  std::size_t live_ = 0;
};

}  // namespace halka
