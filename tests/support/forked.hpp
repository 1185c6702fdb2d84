// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

namespace halka::test {

/// A child process that runs `fn` and exits with what it returns; 99 if that throws. At the end it is killed and waited for.
class forked {
 public:
  explicit forked(std::function<int()> const& fn);
  forked(forked const&) = delete;
  forked& operator=(forked const&) = delete;
  ~forked();

  int pid() const noexcept { return pid_; }
  void kill(int signal) const noexcept;
  /// Stops it, until SIGCONT.
  void stop() const noexcept;
  /// The exit code, or minus the signal that killed it.
  int wait();
  /// Waits for the end of a child, which is still to be waited for.
  static void wait_for_end(int pid);

 private:
  int pid_ = -1;
  bool waited_ = false;
};

}  // namespace halka::test
