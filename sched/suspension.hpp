// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace halka {

class task_state;

/// Why a task waits, for those who look.
struct wait_description {
  std::string what;                // "a lock", "a receive on 127.0.0.1:80"; empty if it is not known
  std::vector<task_state*> tasks;  // what it waits for are these
};

/// What a suspended task waits on, seen by whoever cancels the task. It lies in the frame that waits.
class suspension {
 public:
  /// Asks the thing that is waited for to let go. True: it will wake the task, now or when the kernel is done, and the task will
  /// find the cancellation there. False: it has already finished; the cancellation is delivered when the task resumes.
  virtual bool cancel(std::string_view reason) = 0;

  /// Tells what is waited for.
  virtual void describe(wait_description&) const {}

 protected:
  suspension() = default;
  ~suspension() = default;
  suspension(suspension const&) = delete;
  suspension& operator=(suspension const&) = delete;
};

}  // namespace halka
