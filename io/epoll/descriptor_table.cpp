// SPDX-License-Identifier: MIT
#include "descriptor_table.hpp"

#include <algorithm>

namespace halka {

descriptor_entry& descriptor_table::at(int fd) {
  if (descriptor_entry* const found = find(fd)) return *found;
  auto const n = static_cast<std::size_t>(fd);
  if (n / page_size >= pages_.size()) pages_.resize(std::max(n / page_size + 1, 2 * pages_.size()));
  auto made = std::make_unique<page>();
  int number = static_cast<int>(n - n % page_size);
  for (descriptor_entry& e : *made) e.fd = number++;
  pages_[n / page_size] = std::move(made);
  return (*pages_[n / page_size])[n % page_size];
}

}  // namespace halka
