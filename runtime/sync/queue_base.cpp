// SPDX-License-Identifier: MIT
#include "queue_base.hpp"

#include "../../sched/errors.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace halka {

void queue_base::task_done() {
  if (unfinished_ == 0) throw std::invalid_argument("queue: task_done was called more often than items were put");
  if (--unfinished_ == 0) joiners_.grant_all();
}

queue_base::statistics_type queue_base::statistics() const noexcept {
  return {size(), maxsize(), unfinished_, getters_.size(), putters_.size(), joiners_.size(), shut_down_};
}

void queue_base::refuse_put() const {
  if (shut_down_) throw queue_shut_down();
  throw queue_full();
}

void queue_base::refuse_get() const {
  if (shut_down_) throw queue_shut_down();
  throw queue_empty();
}

void queue_base::shut_down(bool immediate) noexcept {
  shut_down_ = true;
  if (immediate) {
    unfinished_ -= std::min(unfinished_, items_);
    items_ = promised_items_ = 0;
    if (unfinished_ == 0) joiners_.grant_all();
  }
  getters_.turn_away_all();
  putters_.turn_away_all();
}

void queue_base::get_awaiter::wait_with_promise() {
  ++queue_.promised_items_;
  set_granted();
  wait_a_pass();
}

void queue_base::get_awaiter::claim_oddly() {
  if (cancel_due()) {
    if (granted() && queue_.promised_items_ > 0) {
      --queue_.promised_items_;
      queue_.offer_item();
    }
    check_cancelled();
  }
  // The queue was shut down, and an item that was promised may be gone with it. Who was turned away may find one that another has
  // given back.
  if (granted() && queue_.promised_items_ > 0)
    --queue_.promised_items_;
  else if (!queue_.has_item())
    queue_.refuse_get();
}

void queue_base::get_awaiter::describe(wait_description& d) const { d.what = with_place("an item of a queue"); }

void queue_base::waiting_put::wait_with_promise() {
  ++queue_.promised_places_;
  set_granted();
  wait_a_pass();
}

void queue_base::waiting_put::leave_without_place() {
  if (granted()) --queue_.promised_places_;
  if (cancel_due()) {
    if (granted()) queue_.offer_place();
    check_cancelled();
  }
  throw queue_shut_down();
}

void queue_base::waiting_put::describe(wait_description& d) const {
  d.what = with_place("a place in a queue of " + std::to_string(queue_.limit_));
}

void queue_base::join_awaiter::describe(wait_description& d) const {
  d.what = "a queue of which " + std::to_string(queue_.unfinished_) + (queue_.unfinished_ == 1 ? " item is" : " items are") +
           " not done";
}

}  // namespace halka
