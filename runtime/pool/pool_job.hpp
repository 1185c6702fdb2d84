// SPDX-License-Identifier: MIT
#pragma once

// One call for a worker process, as the pool sees it.
//
//   made --submit--> queued --give--> sent --result, error, death--> settled --> ended (its owner is told)
//                      ^                |
//                      +--taken back----+   not begun, and its worker died, is busy for long, or must stop
//
// A job lies in what awaits it. It is in at most one list: the pool's queue, what a worker has, or what is settled and not told
// yet. Whoever owns it takes it out before it goes (`pool_state::withdraw`), so nothing outlives it.
//
// The arguments stay in the job until its end, because it may have to be sent again.

#include "../../sched/export.hpp"
#include "../message/message_reader.hpp"
#include "../message/message_writer.hpp"

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace halka::detail {

class job_list;
class pool_state;
class pool_worker;

class HALKA_API pool_job {
 public:
  enum class phase : std::uint8_t { made, queued, sent, settled, ended };

  pool_job() noexcept = default;
  pool_job(pool_job const&) = delete;
  pool_job& operator=(pool_job const&) = delete;

  /// Writes what the worker has to run.
  virtual void write(message_writer& out) const = 0;
  /// Reads the result.
  virtual void read(message_reader& in) = 0;
  /// Tells the owner that the result, or the error, is there.
  virtual void tell() noexcept = 0;
  /// The function's name, for messages.
  virtual std::string name() const = 0;

  phase state() const noexcept { return phase_; }
  std::exception_ptr const& error() const noexcept { return error_; }

 protected:
  virtual ~pool_job();

 private:
  friend class job_list;
  friend class pool_state;
  friend class pool_worker;

  pool_job* next_ = nullptr;
  pool_job* previous_ = nullptr;
  job_list* list_ = nullptr;
  std::exception_ptr error_;
  std::uint64_t number_ = 0;
  std::uint64_t position_ = 0;  // of its record
  pool_worker* worker_ = nullptr;
  bool large_ = false;  // its message lies in a memfd
  phase phase_ = phase::made;
};

/// Jobs in order; a job leaves the list by itself.
class job_list {
 public:
  job_list() noexcept = default;
  job_list(job_list const&) = delete;
  job_list& operator=(job_list const&) = delete;

  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t size() const noexcept { return size_; }
  pool_job* front() const noexcept { return first_; }
  pool_job* back() const noexcept { return last_; }
  static pool_job* after(pool_job const& j) noexcept { return j.next_; }
  static pool_job* before(pool_job const& j) noexcept { return j.previous_; }

  void push_back(pool_job& j) noexcept { insert(j, last_, nullptr); }
  void push_front(pool_job& j) noexcept { insert(j, nullptr, first_); }
  static void remove(pool_job& j) noexcept {
    job_list& l = *std::exchange(j.list_, nullptr);
    (j.previous_ ? j.previous_->next_ : l.first_) = j.next_;
    (j.next_ ? j.next_->previous_ : l.last_) = j.previous_;
    --l.size_;
  }

 private:
  void insert(pool_job& j, pool_job* previous, pool_job* next) noexcept {
    j.previous_ = previous;
    j.next_ = next;
    (previous ? previous->next_ : first_) = &j;
    (next ? next->previous_ : last_) = &j;
    j.list_ = this;
    ++size_;
  }

  pool_job* first_ = nullptr;
  pool_job* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace halka::detail
