// SPDX-License-Identifier: MIT
#pragma once

// A supervisor has seats, one for each worker that there shall be.
//
//   empty --start--> taken by a worker --it ends--> empty, and started again, at once or after a while
//                        |  ^
//                        |  +-- reload: another worker comes beside it, and takes the seat when it is ready
//                        +--it drains--> the seat is free for another at once; the worker is one of those who leave
//
// A task follows each worker: it reads what the worker tells, and sees its end. Whoever leaves has a deadline, and is killed then.
// One task counts how long each worker was silent, in its own turns and not by the clock: a supervisor that was stopped for a while
// must not take its workers for blocked.

#include "../../io/unique_fd.hpp"
#include "../../sched/event_loop.hpp"
#include "../../sched/report.hpp"
#include "../../sched/task_handle.hpp"
#include "../sync/event.hpp"
#include "supervised_worker.hpp"
#include "supervisor.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace halka {

class supervisor::state : public std::enable_shared_from_this<state> {
 public:
  state(supervise_options const& options, detail::kept_worker_call call, std::vector<unique_fd> sockets);
  ~state();
  state(state const&) = delete;
  state& operator=(state const&) = delete;

  /// Starts the first workers. *Errors*: those of starting a process; then none runs.
  void begin();
  void stop(int signal);
  void reload();
  void add_worker();
  void remove_worker();
  /// Nobody waits any more.
  void abandon() noexcept;

  std::uint16_t port() const noexcept { return port_; }
  std::vector<worker_status> workers() const;
  static task<int> wait(std::shared_ptr<state> self);

 private:
  using worker_ptr = std::shared_ptr<supervised_worker>;
  struct seat {
    worker_ptr current;
    worker_ptr incoming;        // takes the seat when it is ready
    unsigned quick_ends = 0;    // in a row
    timer_handle next_attempt;  // while it is empty
  };
  enum class phase : unsigned char { running, stopping, ended };

  // -- supervisor_state.cpp
  worker_ptr start_worker(unsigned index);
  void fill(unsigned index);
  template <class F>
  void fill_later(unsigned index, F const& why);
  void send(supervised_worker const& w, int signal) const;
  void leave(worker_ptr const& w, int signal);
  void free_seat_of(worker_ptr const& w, bool quick);
  void give_up();
  void end_if_done();
  void kill_all() noexcept;
  std::vector<worker_ptr> all() const;
  /// What `text` returns. A line for which there is no memory is lost, and nothing else.
  template <class F>
  void log(F const& text) const noexcept {
    if (!options_.log) return;
    try {
      options_.log(text());
    } catch (...) {
      report("a line of the supervisor's log was lost: an exception came in between");
    }
  }

  // -- supervisor_watch.cpp
  static task<> follow(std::shared_ptr<state> self, worker_ptr w);
  static task<> read_notes(std::shared_ptr<state> self, worker_ptr w);
  static task<> check_beats(std::shared_ptr<state> self);
  static task<> replace_all(std::shared_ptr<state> self);
  void take_note(worker_ptr const& w, std::string const& line);
  void take_end(worker_ptr const& w);

  supervise_options const options_;  // without the host
  detail::kept_worker_call const call_;
  event_loop& loop_;
  std::vector<unique_fd> sockets_;
  std::uint16_t port_ = 0;
  std::chrono::milliseconds check_interval_;
  std::minstd_rand random_;
  std::vector<seat> seats_;
  std::vector<worker_ptr> leaving_;
  unsigned boot_failures_ = 0;  // since a worker was last ready
  phase phase_ = phase::running;
  int exit_code_ = 0;
  event ended_;
  std::optional<task_handle<>> checking_;
  std::optional<task_handle<>> reloading_;
};

}  // namespace halka
