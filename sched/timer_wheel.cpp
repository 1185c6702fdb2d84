// SPDX-License-Identifier: MIT
#include "timer_wheel.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace halka {

namespace {
constexpr std::int64_t no_tick = std::numeric_limits<std::int64_t>::max();
}

clock::time_point timer_wheel::time_of(std::int64_t tick) noexcept {
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max() >> tick_shift;
  return tick > last ? never : clock::time_point(clock::duration(tick << tick_shift));
}

void timer_wheel::link(timer& t, std::uint32_t slot) noexcept {
  timer*& head = heads_[slot];
  t.next = head;
  t.previous = &head;
  if (head) head->previous = &t.next;
  head = &t;
  t.place = timer::wheel | slot;
  bits_[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

bool timer_wheel::add(timer& t) noexcept {
  std::int64_t const tick = tick_of(t.deadline);
  if (tick < horizon_) return false;
  for (int level = 0; level < levels; ++level) {
    auto const k = static_cast<std::size_t>(level);
    std::int64_t const distance = (tick >> shift[k]) - (horizon_ >> shift[k]);
    if (distance < slots[k]) {
      link(t, index(level, tick));
      return true;
    }
  }
  // Beyond the last slot, centuries ahead: into it, and in again from there.
  constexpr auto top = static_cast<std::size_t>(levels - 1);
  link(t, index(levels - 1, horizon_ + (std::int64_t{slots[top] - 1} << shift[top])));
  return true;
}

void timer_wheel::remove(timer& t) noexcept {
  *t.previous = t.next;
  if (t.next) t.next->previous = t.previous;
  std::uint32_t const slot = t.place & ~timer::wheel;
  if (!heads_[slot]) bits_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
}

timer* timer_wheel::clear(std::uint32_t slot) noexcept {
  bits_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  return std::exchange(heads_[slot], nullptr);
}

std::int64_t timer_wheel::first_of(int level) const noexcept {
  auto const k = static_cast<std::size_t>(level);
  std::uint32_t const begin = static_cast<std::uint32_t>(horizon_ >> shift[k]) & (slots[k] - 1);
  std::uint32_t const words = slots[k] / 64;
  std::uint32_t const base = first_slot[k] / 64;
  // Once round the ring, word by word; the first word is looked at from `begin` on, and at last up to it.
  for (std::uint32_t i = 0; i <= words; ++i) {
    std::uint32_t const word = (begin / 64 + i) % words;
    std::uint64_t bits = bits_[base + word];
    std::uint64_t const from_begin = ~std::uint64_t{0} << (begin % 64);
    if (i == 0) bits &= from_begin;
    if (i == words) bits &= ~from_begin;
    if (bits == 0) continue;
    std::uint32_t const slot = word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits));
    std::int64_t const distance = (slot - begin) & (slots[k] - 1);
    return ((horizon_ >> shift[k]) + distance) << shift[k];
  }
  return no_tick;
}

std::int64_t timer_wheel::next_occupied() const noexcept {
  std::int64_t first = no_tick;
  for (int level = 0; level < levels; ++level) first = std::min(first, first_of(level));
  return first;
}

void timer_wheel::cascade() noexcept {
  for (int level = levels - 1; level > 0; --level) {
    auto const k = static_cast<std::size_t>(level);
    if ((horizon_ & ((std::int64_t{1} << shift[k]) - 1)) != 0) continue;
    for (timer* t = clear(index(level, horizon_)); t;) {
      timer* const next = t->next;
      add(*t);
      t = next;
    }
  }
}

clock::time_point timer_wheel::next() const noexcept {
  clock::time_point first = never;
  for (int level = 0; level < levels; ++level) {
    std::int64_t const tick = first_of(level);
    if (tick == no_tick || time_of(tick) >= first) continue;
    clock::time_point least = never;
    int seen = 0;
    for (timer const* t = heads_[index(level, tick)]; t && seen <= few; t = t->next, ++seen) least = std::min(least, t->deadline);
    first = std::min(first, seen > few ? time_of(tick) : least);
  }
  return first;
}

}  // namespace halka
