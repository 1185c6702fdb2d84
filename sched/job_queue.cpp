// SPDX-License-Identifier: MIT
#include "job_queue.hpp"

#include <utility>

namespace halka {

bool job_queue::push(worker_job& job) noexcept {
  worker_job* head = newest_.load(std::memory_order_relaxed);  // relaxed: the exchange below checks it
  do {
    if (head == closed_mark()) return false;
    job.next_ = head;
  } while (!newest_.compare_exchange_weak(head, &job, std::memory_order_seq_cst, std::memory_order_relaxed));
  return true;
}

/// Turns a stack round and puts it behind those that are in line. Under the lock.
void job_queue::put_in_line(worker_job* newest) noexcept {
  worker_job* oldest = nullptr;
  while (newest) oldest = std::exchange(newest, std::exchange(newest->next_, oldest));
  worker_job* last = oldest_.load(std::memory_order_relaxed);  // relaxed: written under the lock
  if (!last || last == closed_mark()) return oldest_.store(oldest);
  while (last->next_) last = last->next_;
  last->next_ = oldest;
}

worker_job* job_queue::take() noexcept {
  std::lock_guard const lock(line_);
  if (!oldest_.load(std::memory_order_relaxed)) {  // relaxed: as above
    // Only pushes change it while the lock is held, and none does once it is closed.
    worker_job* const newest = newest_.load(std::memory_order_relaxed);
    if (newest && newest != closed_mark()) {
      oldest_.store(closed_mark());  // no job yet, but `calls` finds one of the two at any moment
      put_in_line(newest_.exchange(nullptr));
    }
  }
  worker_job* const job = oldest_.load(std::memory_order_relaxed);
  if (job) oldest_.store(job->next_);
  return job;
}

worker_job* job_queue::close(bool take_all) noexcept {
  std::lock_guard const lock(line_);
  worker_job* const newest = newest_.exchange(closed_mark());
  if (newest != closed_mark()) put_in_line(newest);
  return take_all ? oldest_.exchange(nullptr) : nullptr;
}

}  // namespace halka
