// SPDX-License-Identifier: MIT
#include "task_slab.hpp"

#include <cstdlib>
#include <new>

namespace halka {

task_slab::~task_slab() {
  for (chunk* c : chunks_) std::free(c);
}

task_slab::chunk& task_slab::grow() {
  chunks_.reserve(chunks_.size() + 1);
  void* const memory = std::aligned_alloc(chunk_size, chunk_size);
  if (!memory) throw std::bad_alloc();
  chunks_.push_back(new (memory) chunk{this});
  return *chunks_.back();
}

task_state& task_slab::allocate() {
  void* place;
  if (free_) {
    place = free_;
    free_ = free_->next;
  } else {
    chunk& c = chunks_.empty() || chunks_.back()->used == records_per_chunk ? grow() : *chunks_.back();
    place = &c.record(c.used++);
  }
  ++live_;
  return *new (place) task_state;
}

void task_slab::free(task_state& record) noexcept {
  task_slab& slab = *chunk_of(record).slab;
  record.~task_state();
  record.next = slab.free_;
  slab.free_ = &record;
  if (--slab.live_ == 0 && !slab.loop_) delete &slab;
}

event_loop* task_slab::loop_of(task_state const& record) noexcept { return chunk_of(record).slab->loop_; }

void task_slab::abandon() noexcept {
  loop_ = nullptr;
  if (live_ == 0) delete this;
}

}  // namespace halka
