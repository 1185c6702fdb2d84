// SPDX-License-Identifier: MIT
// Replaces operator new in all its forms: it fails where a plan says so, and counts the blocks in use.
#include "fault_plan.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

constinit std::atomic<long> in_use = 0;

void* take(std::size_t size, std::size_t alignment, bool may_throw) {
  void* block = nullptr;
  if (!halka::faults::allocation_fails())
    block =
        alignment == 0 ? std::malloc(size ? size : 1) : std::aligned_alloc(alignment, (size + alignment - 1) & ~(alignment - 1));
  if (block) {
    ++in_use;
  } else if (may_throw) {
    throw std::bad_alloc();
  }
  return block;
}

void give_back(void* block) noexcept {
  if (!block) return;
  --in_use;
  std::free(block);
}

}  // namespace

long halka::faults::allocations_in_use() noexcept { return in_use; }

void* operator new(std::size_t size) { return take(size, 0, true); }
void* operator new[](std::size_t size) { return take(size, 0, true); }
void* operator new(std::size_t size, std::nothrow_t const&) noexcept { return take(size, 0, false); }
void* operator new[](std::size_t size, std::nothrow_t const&) noexcept { return take(size, 0, false); }
void* operator new(std::size_t size, std::align_val_t a) { return take(size, static_cast<std::size_t>(a), true); }
void* operator new[](std::size_t size, std::align_val_t a) { return take(size, static_cast<std::size_t>(a), true); }
void operator delete(void* block) noexcept { give_back(block); }
void operator delete[](void* block) noexcept { give_back(block); }
void operator delete(void* block, std::size_t) noexcept { give_back(block); }
void operator delete[](void* block, std::size_t) noexcept { give_back(block); }
void operator delete(void* block, std::nothrow_t const&) noexcept { give_back(block); }
void operator delete[](void* block, std::nothrow_t const&) noexcept { give_back(block); }
void operator delete(void* block, std::align_val_t) noexcept { give_back(block); }
void operator delete[](void* block, std::align_val_t) noexcept { give_back(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { give_back(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { give_back(block); }
