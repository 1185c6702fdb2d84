// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <ctime>
#include <optional>
#include <vector>

namespace bench {

/// What another process uses.
class server_probe {
 public:
  /// A pid of 0 is none: everything is zero then.
  explicit server_probe(pid_t pid);
  ~server_probe();
  server_probe(server_probe const&) = delete;
  server_probe& operator=(server_probe const&) = delete;

  /// Processor time of all its threads.
  std::uint64_t processor_ns() const noexcept;
  /// Memory of its own, not that of files.
  std::uint64_t private_bytes() const;

  /// Begins to count the system calls of the threads that it has now. Costs the server some time at each, so not to be used while
  /// that is measured. False if this system does not let us.
  bool count_system_calls();
  std::uint64_t system_calls() const noexcept;

 private:
  pid_t pid_;
  clockid_t clock_{};
  std::vector<int> counters_;
};

}  // namespace bench
