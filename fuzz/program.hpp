// SPDX-License-Identifier: MIT
#pragma once

// Programs of tasks, made from bytes. Two interpreters run them: program_run.cpp on halka, program_model.cpp on a model of
// asyncio's rules. Each notes what every step came to; the traces must be equal.

#include "input.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace halka::fuzz {

enum class verb : std::uint8_t {
  sleep,        // a ms; 0: a pass
  spawn,        // body as a task of the list
  join,         // awaits task a
  cancel,       // cancels task a
  uncancel,     //
  timeout,      // of a ms around the body
  wait_for,     // of a ms, for task b
  group,        // around the body
  group_spawn,  // body as a task of the group, and of the list
  gather,       // body and other; b: whatever becomes of them
  gather_task,  // task a and body
  shield,       // body
  shield_task,  // task a
  wait,         // for tasks a and b, until `what`
  set,          // event a
  clear,        //
  event_wait,   //
  lock,         // a, around the body
  semaphore,    // of two, around the body
  put,          // into a queue that holds one
  get,          //
  fail,         // throws
  attempt,      // body; what is caught: see `handling`

  as_completed,        // body and other; b: only the first of them
  as_completed_tasks,  // tasks a and b, all
  condition_wait,      // with the lock held, then body
  condition_notify,    // body with the lock held, then 1 to 3 of those who wait
  barrier,             // a: of two or three
  break_barrier,       // a; b: or resets it

  // What asyncio has not, or not yet.
  stop_group,  // group.cancel()
  move_on,     // after a ms, around the body
  fail_after,  // a ms, around the body
  scope,       // around the body, with a deadline of a ms; b: see `scoping`
  stop_scope,  // the ath before the last that was entered
  race,        // body and other
  race_task,   // task a and body
};
inline constexpr unsigned verbs = static_cast<unsigned>(verb::race_task) + 1;

enum class handling : std::uint8_t {
  swallow_cancel,
  clean_up,        // after a cancellation runs `other` and throws it again
  swallow_errors,  // but cancellations; then runs `other`
  finally,         // runs `other` in any case
  replace_cancel,  // by a failure
};

/// Of a cancel_scope.
struct scoping {
  bool has_deadline, shield, edge, cancelled_before;
};

struct step {
  verb what = verb::sleep;
  unsigned number = 0;  // of the step
  unsigned a = 0, b = 0;
  std::vector<step> body = {}, other = {};
};
using block = std::vector<step>;

struct program {
  std::vector<block> tasks;  // those at the beginning
};

program decode(input& in);
scoping scoping_of(step const& s);
/// The same with what is most like it in place of what asyncio has not.
program for_asyncio(program p);
/// For the interpreter in Python.
std::string to_json(program const& p);
char const* name_of(verb v);

using trace = std::vector<std::string>;
std::string to_string(trace const& t);

inline constexpr unsigned mops_up_at = 1000;  // ms: all tasks are cancelled, again and again until they have ended
inline constexpr unsigned mops_up_every = 50;
inline constexpr unsigned most_mops = 100;

/// asyncio's rules to the letter (CPython 3.13), or with what halka does otherwise (docs/design.md).
enum class rules { asyncio, halka };

trace run_on_model(program const& p, rules r);
trace run_on_halka(program const& p);

}  // namespace halka::fuzz
