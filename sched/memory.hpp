// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace halka {

/// Memory straight from the kernel, zeroed, aligned to `alignment` (a power of two, at least a page). From 2 MiB on it asks for
/// huge pages: a million new tasks then cost a hundred page faults instead of fifty thousand.
///
/// *Errors*: `std::bad_alloc`.
/// *Thread safety*: any thread.
/// *Source*: mmap(2), madvise(2).
void* map_memory(std::size_t size, std::size_t alignment);

/// Gives back what `map_memory` returned for this size.
void unmap_memory(void* memory, std::size_t size) noexcept;

inline constexpr std::size_t huge_page = 2 * 1024 * 1024;

}  // namespace halka
