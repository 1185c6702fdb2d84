// SPDX-License-Identifier: MIT
#include "frame_pool.hpp"

#include "compiler.hpp"
#include "fork_watch.hpp"
#include "memory.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace halka {

namespace {

constexpr std::size_t first_chunk = 64 * 1024;
constexpr std::size_t largest_chunk = 2 * huge_page;

/// Chunks of all threads and the pools that ended threads left. Never destroyed: threads may outlive static objects.
struct chunk_store {
  std::mutex mutex;
  std::vector<void*> chunks;  // so that leak checkers find them
  std::vector<frame_pool> orphans;
};

chunk_store& store() {
  static chunk_store& instance = [&]() -> chunk_store& {
    auto* const made = new chunk_store;
    detail::free_in_children(made->mutex);
    return *made;
  }();
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
    bool const caching = pool.caching;
    pool = store().orphans.back();
    pool.caching = caching;
    store().orphans.pop_back();
    return;
  }
  // Each chunk is twice as large as the one before: little for a small program, huge pages for a large one.
  store().chunks.reserve(store().chunks.size() + 1);
  std::size_t const size = std::min(pool.chunk ? 2 * pool.chunk : first_chunk, largest_chunk);
  pool.fresh = static_cast<char*>(map_memory(size, std::min(size, huge_page)));
  store().chunks.push_back(pool.fresh);
  pool.fresh_end = pool.fresh + size;
  pool.chunk = size;
}

/// Through a volatile function pointer: compilers leave out what is written to memory that is then freed.
void fill(void* block, std::size_t size) noexcept {
  static void* (*const volatile set)(void*, int, std::size_t) = std::memset;
  set(block, detail::freed_pattern, size);
}

}  // namespace

constinit thread_local frame_pool this_frame_pool{
    .free = {}, .fresh = nullptr, .fresh_end = nullptr, .chunk = 0, .caching = !detail::sanitized};

void* detail::allocate_frame_slowly(std::size_t size) {
  frame_pool& pool = this_frame_pool;
  std::size_t const k = frame_pool::class_of(size);
  if (k >= frame_pool::classes || detail::sanitized) return ::operator new(size);
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

void detail::free_frame_slowly(void* block, std::size_t size) noexcept {
  frame_pool& pool = this_frame_pool;
  std::size_t const k = frame_pool::class_of(size);
  if (!sanitized && !pool.caching) fill(block, size);
  if (k >= frame_pool::classes || sanitized) return ::operator delete(block, size);
  *static_cast<void**>(block) = pool.free[k];
  pool.free[k] = block;
}

bool detail::fill_freed_frames(bool on) noexcept {
  // Under AddressSanitizer freed blocks are its own, and it sees who reads them.
  return !sanitized && !std::exchange(this_frame_pool.caching, !sanitized && !on);
}

}  // namespace halka
