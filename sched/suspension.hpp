// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace halka {

/// What a suspended task waits on, seen by whoever cancels the task. It lies in the frame that waits.
class suspension {
 public:
  /// Asks the thing that is waited for to let go. True: it will wake the task, now or when the kernel is done, and the task will
  /// find the cancellation there. False: it has already finished; the cancellation is delivered when the task resumes.
  virtual bool cancel(std::string_view reason) = 0;

 protected:
  suspension() = default;
  ~suspension() = default;
  suspension(suspension const&) = delete;
  suspension& operator=(suspension const&) = delete;
};

}  // namespace halka
