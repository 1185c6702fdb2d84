// SPDX-License-Identifier: MIT
#include "message_reader.hpp"

#include "message_memory.hpp"

#include <algorithm>
#include <string>

namespace halka {

message_reader::message_reader(std::span<std::byte const> bytes, std::span<unique_fd> descriptors) noexcept
    : InputArchive(this), bytes_(bytes), descriptors_(descriptors) {}

message_reader::message_reader(unique_fd memory, std::span<unique_fd> descriptors)
    : InputArchive(this),
      descriptors_(descriptors),
      memory_(std::move(memory)),
      memory_size_(detail::message_memory_size(memory_.get())) {}

message_reader::~message_reader() = default;

void message_reader::load_slowly(void* to, std::size_t count) {
  if (count > remaining()) throw_too_short();
  auto* into = static_cast<std::byte*>(to);
  std::copy(bytes_.begin(), bytes_.end(), into);
  into += bytes_.size();
  count -= bytes_.size();
  bytes_ = {};
  if (count >= detail::message_store::most_in_block) {
    detail::read_message_memory(memory_.get(), into, count, memory_offset_);
    memory_offset_ += count;
    return;
  }
  if (!window_) window_.reset(new std::byte[detail::message_store::most_in_block]);
  std::size_t const part = std::min<std::uint64_t>(memory_size_ - memory_offset_, detail::message_store::most_in_block);
  detail::read_message_memory(memory_.get(), window_.get(), part, memory_offset_);
  memory_offset_ += part;
  bytes_ = {window_.get(), part};
  loadBinary(into, count);
}

std::shared_ptr<void> message_reader::getSharedPointer(std::uint32_t id) {
  if (id > shared_types_.size()) throw_garbled("a pointer refers to nothing");
  if (id != 0 && *shared_types_[id - 1] != *expected_) throw_garbled("a pointer refers to an object of another type");
  return InputArchive::getSharedPointer(id);
}

void message_reader::registerSharedPointer(std::uint32_t id, std::shared_ptr<void> object) {
  std::uint32_t const number = id & ~cereal::detail::msb_32bit;
  if (number != shared_types_.size() + 1) throw_garbled("a pointer has a strange number");
  shared_types_.push_back(expected_);
  InputArchive::registerSharedPointer(id, std::move(object));
}

unique_fd message_reader::take_descriptor(std::uint32_t index) {
  if (index >= descriptors_.size() || !descriptors_[index])
    throw message_error("the message has no descriptor " + std::to_string(index));
  return std::move(descriptors_[index]);
}

void message_reader::throw_garbled(char const* what) { throw message_error(std::string("the message is garbled: ") + what); }

void message_reader::throw_too_short() { throw message_error("the message is too short for what is read from it"); }

}  // namespace halka
