// SPDX-License-Identifier: MIT
#include "timer_queue.hpp"

#include <algorithm>
#include <utility>

namespace halka {

void timer_queue::add(timer& t, clock::time_point deadline) {
  heap_.emplace_back();
  try {
    if (free_slots_.empty()) {
      // Room to give every slot back: removing must not fail.
      if (free_slots_.capacity() <= slots_.size()) free_slots_.reserve(std::max<std::size_t>(16, 2 * slots_.size()));
      slots_.push_back(&t);
      t.slot = static_cast<std::uint32_t>(slots_.size() - 1);
    } else {
      t.slot = free_slots_.back();
      free_slots_.pop_back();
      slots_[t.slot] = &t;
    }
  } catch (...) {
    heap_.pop_back();
    throw;
  }
  ++live_;
  sift_up(heap_.size() - 1, {deadline, sequence_++, t.slot});
}

void timer_queue::remove(timer& t) noexcept {
  if (!t.set()) return;
  std::uint32_t const slot = std::exchange(t.slot, timer::unset);
  --live_;
  if (heap_.back().slot == slot) {
    // The usual end of a timeout that was set last and not needed.
    heap_.pop_back();
    free_slots_.push_back(slot);
    return;
  }
  slots_[slot] = nullptr;
  if (heap_.size() > 64 && live_ < heap_.size() / 2) purge();
}

clock::time_point timer_queue::next_deadline() noexcept {
  drop_leavings();
  return heap_.empty() ? never : heap_.front().deadline;
}

void timer_queue::fire_due(clock::time_point now) {
  while (live_ > 0) {
    drop_leavings();
    if (heap_.front().deadline > now) return;
    timer& t = *slots_[heap_.front().slot];
    t.slot = timer::unset;
    --live_;
    pop();
    t.fire(t);
  }
}

void timer_queue::drop_leavings() noexcept {
  while (!heap_.empty() && !slots_[heap_.front().slot]) pop();
}

void timer_queue::pop() noexcept {
  free_slots_.push_back(heap_.front().slot);
  entry const last = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) sift_down(0, last);
}

void timer_queue::purge() noexcept {
  auto const end = std::remove_if(heap_.begin(), heap_.end(), [this](entry const& e) {
    if (slots_[e.slot]) return false;
    free_slots_.push_back(e.slot);
    return true;
  });
  heap_.erase(end, heap_.end());
  for (std::size_t i = heap_.size() / 4 + 1; i-- > 0;)
    if (i < heap_.size()) sift_down(i, heap_[i]);
}

void timer_queue::sift_up(std::size_t i, entry e) noexcept {
  while (i > 0) {
    std::size_t const parent = (i - 1) / 4;
    if (!e.before(heap_[parent])) break;
    heap_[i] = heap_[parent];
    i = parent;
  }
  heap_[i] = e;
}

void timer_queue::sift_down(std::size_t i, entry e) noexcept {
  std::size_t const size = heap_.size();
  while (true) {
    std::size_t const first = 4 * i + 1;
    if (first >= size) break;
    std::size_t least = first;
    for (std::size_t child = first + 1; child < std::min(first + 4, size); ++child)
      if (heap_[child].before(heap_[least])) least = child;
    if (!heap_[least].before(e)) break;
    heap_[i] = heap_[least];
    i = least;
  }
  heap_[i] = e;
}

}  // namespace halka
