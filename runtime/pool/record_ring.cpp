// SPDX-License-Identifier: MIT
#include "record_ring.hpp"

#include <new>
#include <stdexcept>

namespace halka::detail {

namespace {

constexpr std::size_t unit = sizeof(record);  // so that there is always room for a record that is padding

std::size_t length_of(std::size_t size) noexcept { return (sizeof(record) + size + unit - 1) / unit * unit; }

[[noreturn]] void throw_garbage() { throw std::runtime_error("the other process wrote garbage into the shared memory"); }

}  // namespace

record& ring_writer::at(std::uint64_t position) const noexcept {
  return *reinterpret_cast<record*>(memory_.data() + (position & (memory_.size() - 1)));
}

void ring_writer::look_at_head() {
  std::uint64_t const head = shared_.head.load();
  if (head < head_ || head > tail_ || head % unit != 0) throw_garbage();
  head_ = head;
}

record* ring_writer::reserve(std::size_t size) {
  std::size_t const length = length_of(size);
  std::size_t const to_end = memory_.size() - (tail_ & (memory_.size() - 1));
  std::size_t const padding = length > to_end ? to_end : 0;
  if (tail_ + padding + length - head_ > memory_.size()) {
    look_at_head();
    if (tail_ + padding + length - head_ > memory_.size()) return nullptr;
  }
  if (padding > 0) {
    record* const filler = new (&at(tail_)) record;
    filler->size = static_cast<std::uint32_t>(padding - sizeof(record));
    filler->state.store(record_state::padding, std::memory_order_relaxed);  // relaxed: published with the next record
    tail_ += padding;
  }
  record* const r = new (&at(tail_)) record;
  r->size = static_cast<std::uint32_t>(size);
  r->packet = 0;
  r->state.store(record_state::waiting, std::memory_order_relaxed);  // relaxed: `publish` follows
  reserved_ = length;
  return r;
}

void ring_writer::publish() noexcept {
  tail_ += reserved_;
  reserved_ = 0;
  shared_.tail.store(tail_);
}

bool ring_writer::passed(std::uint64_t position) {
  look_at_head();
  return head_ > position;
}

bool ring_writer::take_back(std::uint64_t position) { return !passed(position) && at(position).take_back(); }

std::int64_t ring_writer::began(std::uint64_t position) {
  if (passed(position)) return 0;
  return at(position).began.load(std::memory_order_relaxed);  // relaxed: a hint of when to look
}

record* ring_reader::front() {
  bool padded = false;
  while (true) {
    if (head_ == tail_) {
      tail_ = shared_.tail.load();
      if (tail_ == head_) return nullptr;
      if (tail_ < head_ || tail_ - head_ > memory_.size() || tail_ % unit != 0) throw_garbage();
    }
    auto* const r = reinterpret_cast<record*>(memory_.data() + (head_ & (memory_.size() - 1)));
    if (r->state.load(std::memory_order_relaxed) != record_state::padding) return r;  // relaxed: the tail ordered it
    std::size_t const size = r->size;
    // It fills the memory up to the end, so there is one at a time: a writer that wrote more could hold the reader for ever.
    if (!holds(size) || size != memory_.size() - (head_ & (memory_.size() - 1)) - sizeof(record) || padded) throw_garbage();
    padded = true;
    pop(size);
  }
}

bool ring_reader::holds(std::size_t size) const noexcept {
  std::size_t const to_end = memory_.size() - (head_ & (memory_.size() - 1));
  return size <= to_end - sizeof(record) && length_of(size) <= tail_ - head_;
}

void ring_reader::pop(std::size_t size) noexcept {
  head_ += length_of(size);
  shared_.head.store(head_);
}

}  // namespace halka::detail
