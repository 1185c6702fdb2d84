// SPDX-License-Identifier: MIT
#pragma once

// Runs a program on the model.

#include "model_blocks.hpp"
#include "model_condition.hpp"
#include "model_several.hpp"
#include "model_sync.hpp"

namespace halka::fuzz::model {

class interpreter {
 public:
  interpreter(program const& p, rules r) : program_(p), loop_(r) {}
  trace run();

 private:
  struct place {
    std::size_t floor;
    unsigned who;
    model::group* group = nullptr;
  };

  co run_main();
  co pause(std::uint64_t duration);
  bool unfinished() const;
  task_ptr above(place const& p, unsigned n) const;
  void note(place const& p, step const& s, outcome const& o);

  void start(block const& b);
  co listed(block const& b, std::size_t index, model::group* group);
  co unlisted(block const& b, place outer);
  task_ptr start_unlisted(block const& b, place const& outer);
  /// Of two blocks, or of a task and a block; none if there is no such task.
  std::vector<task_ptr> start_two(step const& s, place const& p, bool with_task);
  std::vector<task_ptr> two_above(step const& s, place const& p) const;
  co run_block(block const& b, place p);
  co run_step(step const& s, place p, std::string& result);

  // -- steps; what they come to, if it is no failure, goes to `result`

  co run_timeout(step const& s, place p);
  co run_group(step const& s, place p);
  void spawn_in_group(step const& s, place const& p, std::string& result);
  co run_gather(step const& s, place p, std::string& result);
  co run_wait(step const& s, place p, std::string& result);
  co run_as_completed(step const& s, place p, std::string& result);
  co run_race(step const& s, place p, std::string& result);
  template <class Primitive>
  co hold(Primitive& what, step const& s, place p) {
    outcome o = co_await what.acquire();
    if (!o.empty()) co_return o;
    o = co_await run_block(s.body, p);
    what.release();
    co_return o;
  }
  co run_condition(step const& s, place p);
  co run_scope(step const& s, place p, std::string& result);
  void stop_scope(step const& s);
  co run_attempt(step const& s, place p, std::string& result);

  program const& program_;
  trace trace_;
  unsigned begun_ = 0;
  bool over_ = false;
  event events_[2] = {event(loop_), event(loop_)};
  lock locks_[2] = {lock(loop_), lock(loop_)};
  semaphore semaphore_{loop_, 2};
  queue queue_{loop_};
  condition condition_{loop_, locks_[1]};
  barrier barriers_[2] = {barrier(loop_, 2), barrier(loop_, 3)};
  std::vector<std::shared_ptr<scope>> scopes_;
  std::vector<task_ptr> tasks_;
  loop loop_;
};

}  // namespace halka::fuzz::model
