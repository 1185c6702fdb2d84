// SPDX-License-Identifier: MIT
#pragma once

// One worker process as the pool sees it.
//
//   started --> serving --max jobs, or the pool ends--> leaving --its end--> gone
//                  +------cancel, deadline, garbage------> killed --its end--> gone
//
// The jobs that it has are in the order of their records; the first is what it runs, or will run next. The results come in the same
// order. A job is the worker's once its record has been begun, and only its result or the worker's end tell more; one that was not
// begun can be taken back at any time.
//
// Nothing that the worker writes is trusted: garbage in a ring is answered by killing the process.

#include "inner_fd.hpp"
#include "pool_job.hpp"
#include "record_ring.hpp"
#include "worker_block.hpp"
#include "worker_errors.hpp"

#include "../../io/io_operation.hpp"
#include "../../sched/export.hpp"
#include "../child/child_start.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace halka {

class event_loop;
class zygote;

namespace detail {

class pool_state;

/// What a worker process has to know.
struct worker_settings {
  std::string name;
  void (*initializer)() = nullptr;
  child_limits limits;
  bool note_times = false;  // when each job was begun
};

class HALKA_API pool_worker final : public std::enable_shared_from_this<pool_worker>, private io_operation {
 public:
  pool_worker(pool_state& pool, event_loop& loop);
  ~pool_worker();

  /// Starts the process; `results` is the descriptor that wakes the pool. *Errors*: `std::system_error`; nothing is left then.
  void start(zygote& z, worker_settings const& settings, int results);

  int pid() const noexcept { return pid_; }
  std::size_t jobs() const noexcept { return jobs_.size(); }
  pool_job* front() const noexcept { return jobs_.front(); }
  pool_job* last() const noexcept { return jobs_.back(); }
  std::uint64_t given() const noexcept { return given_; }
  /// Started, and not on its way to its end.
  bool in_service() const noexcept { return phase_ == phase::serving; }
  bool was_told_to_end() const noexcept { return told_; }
  bool was_killed() const noexcept { return killed_; }
  /// Whether it should get another job: none lies behind many or large ones.
  bool has_room() const noexcept { return in_service() && !full_ && jobs_.size() < most_jobs && large_ < most_large; }
  worker_stage stage() noexcept { return block_.shared().stage.load(); }

  /// Hands it a job that was written. False: there is no room until results have come.
  bool give(pool_job& job, message_writer const& message);
  /// Wakes it, if something was given to it and it sleeps.
  void wake() noexcept;
  /// Settles the jobs whose results are there. True if there were any.
  bool collect() noexcept;
  /// Wants to be told of the next result. False if there is one.
  bool listen() noexcept;
  /// True if the job was not begun; it is then the caller's.
  bool take_back(pool_job& job) noexcept;
  /// When the front job was begun, in nanoseconds of the monotonic clock; 0 if it was not.
  std::int64_t began() noexcept;
  /// Takes a job that was begun out of the books; the worker must be killed.
  void forget(pool_job& job) noexcept;

  /// Lets it end when it has nothing to do.
  void leave() noexcept;
  void kill() noexcept;
  /// The pool goes: kills it, and nobody is told of its end.
  void abandon() noexcept;

  /// Whether it wrote what cannot be, and was killed for that.
  bool is_garbled() const noexcept { return garbled_; }
  /// Whether its initializer may be running.
  bool may_initialize() const noexcept { return may_initialize_; }

  std::string last_lines() const { return errors_ ? errors_->last_lines() : std::string(); }

 private:
  enum class phase : std::uint8_t { made, serving, leaving, killed, gone };
  static constexpr std::size_t most_jobs = 128;
  static constexpr std::size_t most_large = 2;

  void unlink(pool_job& job) noexcept;
  bool settle_front();
  void send_signal(int number) noexcept;
  static void completed(io_operation& op);

  pool_state* pool_;  // null when it has gone
  event_loop& loop_;
  worker_block block_;
  ring_writer requests_;
  ring_reader results_;
  inner_fd socket_;
  inner_fd pidfd_;
  inner_fd status_pipe_;
  std::shared_ptr<worker_errors> errors_;
  job_list jobs_;
  std::uint64_t given_ = 0;
  std::size_t large_ = 0;
  int pid_ = -1;
  int status_ = 0;  // the kernel writes it
  phase phase_ = phase::made;
  bool told_ = false;    // to leave, or killed by the pool
  bool killed_ = false;  // by the pool
  bool full_ = false;
  bool garbled_ = false;
  bool may_initialize_ = false;  // the worker's own word for it is not enough
  bool given_since_wake_ = false;
  std::shared_ptr<pool_worker> running_;  // itself, while the kernel has the read of the status
};

}  // namespace detail

}  // namespace halka
