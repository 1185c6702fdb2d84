// SPDX-License-Identifier: MIT
#include "pool_map.hpp"

#include <stdexcept>
#include <string>

namespace halka::detail {

namespace {
constexpr std::size_t largest_chunk = 4096;
constexpr std::size_t chunks_per_worker = 4;
}  // namespace

chunk_sizes::chunk_sizes(std::optional<std::ptrdiff_t> wanted, std::size_t workers, std::optional<std::size_t> elements)
    : workers_(workers) {
  if (wanted) {
    if (*wanted < 1)
      throw std::invalid_argument("a chunk of " + std::to_string(*wanted) +
                                  " elements: chunk_size must be at least 1; leave it out, and the pool chooses");
    size_ = static_cast<std::size_t>(*wanted);
  } else if (elements) {
    size_ = std::clamp<std::size_t>(*elements / (chunks_per_worker * workers), 1, largest_chunk);
  } else {
    size_ = 1;
    left_ = chunks_per_worker * workers;
  }
}

/// Of a range whose length is not known, chunks become larger as it turns out to be long.
std::size_t chunk_sizes::next() noexcept {
  std::size_t const size = size_;
  if (left_ > 0 && --left_ == 0 && size_ < largest_chunk) {
    size_ *= 2;
    left_ = chunks_per_worker * workers_;
  }
  return size;
}

}  // namespace halka::detail
