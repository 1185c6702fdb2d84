// SPDX-License-Identifier: MIT
#pragma once

// Runs a program on halka, with the virtual clock.

#include "planned.hpp"
#include "program.hpp"

#include <halka/halka.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace halka::fuzz {

class interpreter {
 public:
  explicit interpreter(program const& p) : program_(p) {}
  task<trace> run();

 private:
  using ms = std::chrono::milliseconds;
  static constexpr ms one{1};

  /// Where a step runs.
  struct place {
    std::size_t floor;  // of the tasks that it may wait for
    unsigned who;       // for the trace
    task_group* group = nullptr;
  };

  void note(place const& p, step const& s, std::string const& outcome);
  bool unfinished() const;
  task_handle<> const* above(place const& p, unsigned n) const;
  void stop_scopes();

  void start(block const& b);
  task<> listed(block const& b, std::size_t index, task_group* group);
  task<> unlisted(block const& b, place outer);
  task<> run_block(block const& b, place p);
  task<std::string> run_step(step const& s, place p);

  // -- steps; they yield what they come to

  task<> run_group(step const& s, place p);
  std::string spawn_in_group(step const& s, place const& p);
  task<std::string> run_gather(step const& s, place p, task_handle<> const* t);
  task<std::string> run_race(step const& s, place p, task_handle<> const* t);
  task<std::string> run_wait(step const& s, place p);
  async_generator<outcome<void>> make_as_completed(step const& s, place const& p);
  task<std::string> run_as_completed(step const& s, place p);
  task<> run_semaphore(step const& s, place p);
  task<> run_condition(step const& s, place p);
  task<std::string> run_scope(step const& s, place p);
  task<std::string> run_attempt(step const& s, place p);

  program const& program_;
  trace trace_;
  clock::time_point begin_;
  unsigned begun_ = 0;
  bool over_ = false;
  std::vector<task_handle<>> tasks_;
  std::vector<std::shared_ptr<cancel_scope>> scopes_;
  event events_[2];
  lock locks_[2];
  semaphore semaphore_{2};
  queue<unsigned> queue_{1};
  condition condition_{locks_[1]};
  barrier barriers_[2] = {barrier(2), barrier(3)};
};

}  // namespace halka::fuzz
