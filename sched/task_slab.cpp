// SPDX-License-Identifier: MIT
#include "task_slab.hpp"

#include "memory.hpp"

namespace halka {

task_slab::~task_slab() {
  for (region const& r : regions_) unmap_memory(r.memory, r.size);
}

void task_slab::grow() {
  std::size_t const size = regions_.empty() ? chunk_size : huge_page;
  regions_.reserve(regions_.size() + 1);
  chunks_.reserve(chunks_.size() + size / chunk_size);
  auto* const memory = static_cast<char*>(map_memory(size, size));
  regions_.push_back({memory, size});
  for (std::size_t at = 0; at < size; at += chunk_size) chunks_.push_back(new (memory + at) chunk{this});
}

void* task_slab::allocate_fresh() {
  try {
    if (unused_ == chunks_.size()) grow();
  } catch (...) {
    --live_;
    throw;
  }
  chunk& c = *chunks_[unused_];
  void* const place = &c.record(c.used++);
  if (c.used == records_per_chunk) ++unused_;
  return place;
}

void task_slab::abandon() noexcept {
  loop_ = nullptr;
  if (live_ == 0) delete this;
}

}  // namespace halka
