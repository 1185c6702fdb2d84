// SPDX-License-Identifier: MIT
#include "message_store.hpp"

#include "message_memory.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>

namespace halka::detail {

namespace {
constexpr std::size_t first_block = 256;
constexpr std::size_t most_descriptors = 250;  // a socket takes 253 at once, and the transport may need some itself
}  // namespace

void message_store::append_slowly(void const* bytes, std::size_t count) {
  if (!memory_ && count <= most_in_block - used_) {
    grow(used_ + count);
    return append(bytes, count);
  }
  if (!memory_) memory_ = make_message_memory(size() + count);
  flush();
  if (count < most_in_block) {
    grow(most_in_block);
    return append(bytes, count);
  }
  write_message_memory(memory_.get(), bytes, count, in_memory_);
  in_memory_ += count;
}

void message_store::grow(std::size_t wanted) {
  if (wanted <= capacity_) return;
  std::size_t const capacity = std::max(first_block, std::bit_ceil(wanted));
  std::unique_ptr<std::byte[]> block(new std::byte[capacity]);
  if (used_ > 0) std::memcpy(block.get(), block_.get(), used_);
  block_ = std::move(block);
  capacity_ = capacity;
}

void message_store::flush() {
  write_message_memory(memory_.get(), block_.get(), used_, in_memory_);
  in_memory_ += used_;
  used_ = 0;
}

std::uint32_t message_store::attach(int fd) {
  if (fd < 0) throw std::logic_error("a descriptor that is closed cannot be sent");
  if (descriptors_.size() == most_descriptors)
    throw std::length_error("a message carries at most " + std::to_string(most_descriptors) + " descriptors");
  descriptors_.push_back(fd);
  return static_cast<std::uint32_t>(descriptors_.size() - 1);
}

void message_store::clear() noexcept {
  used_ = 0;
  in_memory_ = 0;
  memory_.close();
  descriptors_.clear();
  kept_.reset();
}

}  // namespace halka::detail
