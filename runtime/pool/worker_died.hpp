// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace halka {

/// A worker process ended while it ran a call: the call has no result, and may have been made in part. Its `what()` tells how it
/// ended, which call that was, and what the process has written to its standard error last: "worker process 4711 was killed by
/// SIGSEGV while it ran fib(int)".
///
/// *Source*: concurrent.futures.process.BrokenProcessPool, which however ends the whole pool.
class HALKA_API worker_died : public std::runtime_error {
 public:
  /// `status` is the exit code, or minus the number of the signal; `when` is "while it ran fib(int)".
  worker_died(int pid, int status, std::string_view when, std::string_view last_lines);
  worker_died(worker_died const&) noexcept;
  worker_died& operator=(worker_died const&) noexcept;
  ~worker_died() override;

  int pid() const noexcept { return pid_; }
  /// None if a signal killed it.
  std::optional<int> exit_code() const noexcept { return status_ >= 0 ? std::optional(status_) : std::nullopt; }
  /// The signal's number; none if it exited.
  std::optional<int> signal() const noexcept { return status_ < 0 ? std::optional(-status_) : std::nullopt; }

 private:
  int pid_;
  int status_;
};

}  // namespace halka
