// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/unique_fd.hpp"
#include "../../sched/export.hpp"

#include <cstdint>

namespace halka::detail {

/// Which process somebody is. Its number may be given to another after its end, so the time of its start belongs to it.
struct process_identity {
  std::int32_t pid = 0;
  std::uint64_t start = 0;  // as the system counts it; 0 where that cannot be known

  explicit operator bool() const noexcept { return pid != 0; }
  friend bool operator==(process_identity const&, process_identity const&) = default;
};

/// This process; also in a child that was just forked.
HALKA_API process_identity this_process() noexcept;

/// Whether the process still runs, any of its threads; a zombie does not.
HALKA_API bool is_running(process_identity const& process) noexcept;

/// Something to wait for: that an eventfd is written, or that a process ends. Each who waits has his own, which keeps an event
/// until the next `watch`, whatever becomes of the others who wait.
class HALKA_API written_or_ended {
 public:
  /// *Errors*: `std::system_error` with `what`. *Lifetime*: `eventfd` must stay open as long as this lives; nobody reads it.
  written_or_ended(int eventfd, char const* what);

  /// Watches this process from now on, instead of another, and forgets what was written. Look at the state then, and wait if it is
  /// as before. *Errors*: as above.
  void watch(process_identity const& process);

  /// Readable when one of them has happened.
  int fd() const noexcept { return both_.get(); }

 private:
  int add(int fd, unsigned events) const noexcept;

  unique_fd both_;
  unique_fd process_;
  process_identity watched_;
  char const* what_;
};

}  // namespace halka::detail
