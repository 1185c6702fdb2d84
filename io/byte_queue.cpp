// SPDX-License-Identifier: MIT
#include "byte_queue.hpp"

#include <algorithm>
#include <cstring>

namespace halka {

namespace {

constexpr std::size_t smallest = 256;

}  // namespace

char* byte_queue::reserve(std::size_t n) {
  if (capacity_ - end_ >= n) return memory_.get() + end_;
  std::size_t const used = size();
  if (capacity_ - used >= n && begin_ >= capacity_ / 2) {
    std::memmove(memory_.get(), memory_.get() + begin_, used);  // half of it at least is free, so each byte moves seldom
  } else {
    std::size_t const capacity = std::max({smallest, used + n, used > 0 ? 2 * capacity_ : 0});
    auto memory = std::make_unique_for_overwrite<char[]>(capacity);
    if (used > 0) std::memcpy(memory.get(), memory_.get() + begin_, used);
    memory_ = std::move(memory);
    capacity_ = capacity;
  }
  begin_ = 0;
  end_ = used;
  return memory_.get() + end_;
}

void byte_queue::append(std::string_view bytes) {
  if (bytes.empty()) return;
  std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
  commit(bytes.size());
}

void byte_queue::put_back(std::string_view bytes) {
  if (bytes.empty()) return;
  byte_queue all;
  std::memcpy(all.reserve(bytes.size() + size()), bytes.data(), bytes.size());
  all.commit(bytes.size());
  all.append(text());
  *this = std::move(all);
}

std::string byte_queue::take(std::size_t n) {
  std::string taken(text().substr(0, n));
  drop(taken.size());
  return taken;
}

std::size_t byte_queue::take_into(mutable_buffer into) noexcept {
  std::size_t const n = std::min(into.size(), size());
  if (n > 0) std::memcpy(into.data(), memory_.get() + begin_, n);
  drop(n);
  return n;
}

void byte_queue::drop(std::size_t n) noexcept {
  begin_ += n;
  trim();
}

void byte_queue::reset() noexcept {
  memory_.reset();
  capacity_ = begin_ = end_ = 0;
}

}  // namespace halka
