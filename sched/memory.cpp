// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include <sys/mman.h>
#include <cstdint>
#include <new>

namespace halka {

void* map_memory(std::size_t size, std::size_t alignment) {
  // More than needed, and then what lies before and behind the aligned part is returned.
  std::size_t const room = size + alignment;
  void* const start = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) throw std::bad_alloc();
  auto const address = reinterpret_cast<std::uintptr_t>(start);
  std::uintptr_t const aligned = (address + alignment - 1) & ~(alignment - 1);
  if (aligned > address) munmap(start, aligned - address);
  if (std::size_t const rest = address + room - (aligned + size)) munmap(reinterpret_cast<void*>(aligned + size), rest);
  void* const memory = reinterpret_cast<void*>(aligned);
  if (size >= huge_page) madvise(memory, size, MADV_HUGEPAGE);  // a wish; the kernel may have none
  return memory;
}

void unmap_memory(void* memory, std::size_t size) noexcept { munmap(memory, size); }

}  // namespace halka
