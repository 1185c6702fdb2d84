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

/// Whether the process still runs; a zombie does not.
HALKA_API bool is_running(process_identity const& process) noexcept;

/// Something to wait for: that a descriptor is readable, or that a process has ended.
class HALKA_API readable_or_ended {
 public:
  /// *Errors*: `std::system_error` with `what`. *Lifetime*: `fd` must stay open as long as this lives.
  readable_or_ended(int fd, process_identity const& process, char const* what);

  /// Readable when one of them is so.
  int fd() const noexcept { return both_.get(); }
  /// Whether the process had ended already; then there is nothing to wait for.
  bool has_ended() const noexcept { return has_ended_; }

 private:
  unique_fd both_;
  unique_fd process_;
  bool has_ended_ = false;
};

}  // namespace halka::detail
