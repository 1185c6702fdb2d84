// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

namespace halka {

/// Something the loop can run once: a task's next step or a callback. It is a link of the queue it waits in, so queueing allocates
/// nothing.
struct runnable {
  using function = void (*)(runnable&);

  runnable* next = nullptr;
  function run = nullptr;
};

/// First in, first out.
class ready_queue {
 public:
  bool empty() const noexcept { return head_ == nullptr; }

  void push(runnable& r) noexcept {
    r.next = nullptr;
    *tail_ = &r;
    tail_ = &r.next;
  }

  /// The queue must not be empty.
  runnable& pop() noexcept {
    runnable& r = *head_;
    head_ = r.next;
    if (!head_) tail_ = &head_;
    return r;
  }

  /// Takes all that is queued now, as a list that ends in null.
  runnable* take() noexcept {
    tail_ = &head_;
    return std::exchange(head_, nullptr);
  }

  /// Puts a list that was taken back in front of all others.
  void put_back(runnable* list) noexcept {
    if (!list) return;
    runnable* last = list;
    while (last->next) last = last->next;
    last->next = head_;
    if (!head_) tail_ = &last->next;
    head_ = list;
  }

  ready_queue() = default;
  ready_queue(ready_queue const&) = delete;
  ready_queue& operator=(ready_queue const&) = delete;

 private:
  runnable* head_ = nullptr;
  runnable** tail_ = &head_;
};

}  // namespace halka
