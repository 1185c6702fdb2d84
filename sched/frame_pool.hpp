// SPDX-License-Identifier: MIT
#pragma once

#include "export.hpp"

#include <cstddef>

// Memory of coroutine frames and of other small objects that come and go with them.
//
// Each thread has free lists, one for every multiple of 16 bytes up to 1 KiB; larger blocks come from operator new. A free list is
// a stack: the block that was freed last, still warm in the cache, is given out first. Blocks are cut from chunks that are never
// returned; a thread that ends leaves its lists to the next thread that needs memory. A block may be freed by another thread than
// the one that took it: it then belongs to that thread. Under AddressSanitizer the lists are off, so that every use after free is
// seen.
//
// In debug mode a block that is freed is filled with a pattern before it goes into its list. So nothing of one task is found in the
// uninitialised memory of another, and who resumes a frame that is gone does not find it looking alive.

namespace halka {

struct frame_pool {
  static constexpr std::size_t step = 16;
  static constexpr std::size_t largest = 1024;
  static constexpr std::size_t classes = largest / step;

  void* free[classes] = {};
  char* fresh = nullptr;  // the untouched rest of the newest chunk
  char* fresh_end = nullptr;
  std::size_t chunk = 0;  // the newest chunk's size
  bool caching = true;    // otherwise a freed block takes the slow way: it is filled, or goes back to operator delete

  static constexpr std::size_t class_of(std::size_t size) noexcept { return (size - 1) / step; }
};

/// The pool of this thread. Initial-exec: one instruction finds it, also from a shared library.
extern HALKA_API constinit thread_local frame_pool this_frame_pool __attribute__((tls_model("initial-exec")));

namespace detail {
HALKA_API void* allocate_frame_slowly(std::size_t size);
HALKA_API void free_frame_slowly(void* block, std::size_t size) noexcept;

/// What a freed block is filled with, but for its first word.
constexpr unsigned char freed_pattern = 0xdb;
/// Whether blocks that this thread frees from now on are filled. *Result*: what it was.
HALKA_API bool fill_freed_frames(bool on) noexcept;
}  // namespace detail

/// *Errors*: `std::bad_alloc`. The block is aligned to 16 bytes.
inline void* allocate_frame(std::size_t size) {
  std::size_t const k = frame_pool::class_of(size);
  if (k < frame_pool::classes) [[likely]] {
    frame_pool& pool = this_frame_pool;
    if (void* block = pool.free[k]) [[likely]] {
      pool.free[k] = *static_cast<void**>(block);
      return block;
    }
  }
  return detail::allocate_frame_slowly(size);
}

/// `size` is the size that was asked for.
inline void free_frame(void* block, std::size_t size) noexcept {
  std::size_t const k = frame_pool::class_of(size);
  frame_pool& pool = this_frame_pool;
  if (k < frame_pool::classes && pool.caching) [[likely]] {
    *static_cast<void**>(block) = pool.free[k];
    pool.free[k] = block;
    return;
  }
  detail::free_frame_slowly(block, size);
}

/// Base of small objects that live in the pool. The type that is deleted must be the one that was made.
struct pooled {
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* block, std::size_t size) noexcept { free_frame(block, size); }
};

}  // namespace halka
