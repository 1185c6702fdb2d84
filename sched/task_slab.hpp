// SPDX-License-Identifier: MIT
#pragma once

#include "task_state.hpp"

#include <cstddef>
#include <cstdint>
#include <new>
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

  /// Room for a record. *Errors*: `std::bad_alloc`.
  void* allocate() {
    ++live_;
    if (runnable* const place = free_) [[likely]] {
      free_ = place->next;
      return place;
    }
    return allocate_fresh();
  }
  /// Takes back the room of a record that was destroyed.
  static void free(void* place) noexcept {
    task_slab& slab = *chunk_of(place).slab;
    auto* const link = new (place) runnable;
    link->next = slab.free_;
    slab.free_ = link;
    if (--slab.live_ == 0 && !slab.loop_) [[unlikely]]
      delete &slab;
  }
  static event_loop* loop_of(task_state const& record) noexcept { return chunk_of(&record).slab->loop_; }

  /// The loop is gone: deletes the slab now or when its last record is freed.
  void abandon() noexcept;

  /// Calls `visit(task_state&)` for every record that was ever used; one that is free has no references.
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
  static chunk& chunk_of(void const* record) noexcept {
    return *reinterpret_cast<chunk*>(reinterpret_cast<std::uintptr_t>(record) & ~(chunk_size - 1));
  }
  void* allocate_fresh();
  void grow();

  struct region {
    void* memory;
    std::size_t size;
  };
  std::vector<region> regions_;  // one chunk at first, then as many as fill a huge page
  std::vector<chunk*> chunks_;
  std::size_t unused_ = 0;  // the index of the first chunk with room for a fresh record
  event_loop* loop_;
  runnable* free_ = nullptr;
  std::size_t live_ = 0;
};

}  // namespace halka
