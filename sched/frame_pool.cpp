// SPDX-License-Identifier: MIT
#include "frame_pool.hpp"

#include "compiler.hpp"

#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace halka {

namespace {

constexpr std::size_t chunk_size = 256 * 1024;

/// Chunks of all threads and the pools that ended threads left. Never destroyed: threads may outlive static objects.
struct chunk_store {
  std::mutex mutex;
  std::vector<std::unique_ptr<char[]>> chunks;
  std::vector<frame_pool> orphans;
};

chunk_store& store() {
  static chunk_store& instance = *new chunk_store;
  return instance;
}

/// Leaves the thread's pool to the next thread.
struct legacy {
  bool active = false;
  ~legacy() {
    if (!active) return;
    std::lock_guard lock(store().mutex);
    store().orphans.push_back(this_frame_pool);
    this_frame_pool = frame_pool{};
  }
};

thread_local legacy heir;

/// Gives this thread the pool of one that ended, or a new chunk.
void replenish(frame_pool& pool) {
  heir.active = true;
  std::lock_guard lock(store().mutex);
  bool const untouched = !pool.fresh;
  if (untouched && !store().orphans.empty()) {
    pool = store().orphans.back();
    store().orphans.pop_back();
    return;
  }
  store().chunks.push_back(std::make_unique_for_overwrite<char[]>(chunk_size));
  pool.fresh = store().chunks.back().get();
  pool.fresh_end = pool.fresh + chunk_size;
}

}  // namespace

constinit thread_local frame_pool this_frame_pool{
    .free = {}, .fresh = nullptr, .fresh_end = nullptr, .caching = !detail::sanitized};

void* detail::allocate_frame_slowly(std::size_t size) {
  frame_pool& pool = this_frame_pool;
  std::size_t const k = frame_pool::class_of(size);
  if (k >= frame_pool::classes || !pool.caching) return ::operator new(size);
  std::size_t const block = (k + 1) * frame_pool::step;
  if (static_cast<std::size_t>(pool.fresh_end - pool.fresh) < block) {
    replenish(pool);
    if (pool.free[k]) return allocate_frame(size);
    if (static_cast<std::size_t>(pool.fresh_end - pool.fresh) < block) return allocate_frame_slowly(size);
  }
  void* const result = pool.fresh;
  pool.fresh += block;
  return result;
}

void detail::free_frame_slowly(void* block, std::size_t size) noexcept { ::operator delete(block, size); }

}  // namespace halka
