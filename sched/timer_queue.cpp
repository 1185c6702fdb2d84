// SPDX-License-Identifier: MIT
#include "timer_queue.hpp"

#include <algorithm>

namespace halka {

void timer_queue::add(timer& t, clock::time_point deadline) {
  if (!wheel_) wheel_ = std::make_unique<timer_wheel>();
  t.deadline = deadline;
  t.sequence = sequence_++;
  // Room for every timer in the heap: moving one there must not fail.
  if (near_.capacity() <= live_) near_.reserve(std::max<std::size_t>(16, 2 * near_.capacity()));
  if (!wheel_->add(t)) push(t);
  ++live_;
}

void timer_queue::remove(timer& t) noexcept {
  if (!t.set()) return;
  --live_;
  if (t.in_wheel())
    wheel_->remove(t);
  else
    erase(t.place);
  t.place = timer::unset;
}

clock::time_point timer_queue::next_deadline() const noexcept {
  if (!near_.empty()) return near_.front().deadline;
  return live_ > 0 ? wheel_->next() : never;
}

void timer_queue::fire_due(clock::time_point now) {
  if (live_ == 0) return;
  wheel_->advance(now, [this](timer& t) { push(t); });
  while (!near_.empty() && near_.front().deadline <= now) {
    timer& t = *near_.front().who;
    erase(0);
    t.place = timer::unset;
    --live_;
    t.fire(t);
  }
}

void timer_queue::push(timer& t) {
  near_.emplace_back();
  sift_up(near_.size() - 1, {t.deadline, &t});
}

void timer_queue::erase(std::size_t i) noexcept {
  entry const last = near_.back();
  near_.pop_back();
  if (i == near_.size()) return;
  if (i > 0 && last.before(near_[(i - 1) / 4]))
    sift_up(i, last);
  else
    sift_down(i, last);
}

void timer_queue::sift_up(std::size_t i, entry e) noexcept {
  while (i > 0) {
    std::size_t const parent = (i - 1) / 4;
    if (!e.before(near_[parent])) break;
    place(i, near_[parent]);
    i = parent;
  }
  place(i, e);
}

void timer_queue::sift_down(std::size_t i, entry e) noexcept {
  std::size_t const size = near_.size();
  while (true) {
    std::size_t const first = 4 * i + 1;
    if (first >= size) break;
    std::size_t least = first;
    for (std::size_t child = first + 1; child < std::min(first + 4, size); ++child)
      if (near_[child].before(near_[least])) least = child;
    if (!near_[least].before(e)) break;
    place(i, near_[least]);
    i = least;
  }
  place(i, e);
}

}  // namespace halka
