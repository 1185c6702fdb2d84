// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace soak {

/// One kind of hostility. `run` is called once for each round, without a loop, and yields its figures; it throws when something is
/// lost.
struct scenario {
  char const* name;
  std::string (*run)(std::uint64_t size);
  std::uint64_t small;  // sizes: of the tests, and of a soak
  std::uint64_t large;
  unsigned rounds;
};

// peers.cpp
std::string meet_slow_readers(std::uint64_t connections);
std::string meet_slow_writers(std::uint64_t connections);
std::string meet_dribblers(std::uint64_t connections);
// broken_peers.cpp
std::string meet_resets(std::uint64_t connections);
std::string meet_silence(std::uint64_t connections);
// gone_peers.cpp
std::string meet_vanished(std::uint64_t connections);
std::string meet_stopped(std::uint64_t megabytes);
std::string meet_abandoned(std::uint64_t connections);
// crowds.cpp
std::string meet_flood(std::uint64_t clients);
std::string meet_idle(std::uint64_t connections);
std::string meet_attack(std::uint64_t requests);
// tasks.cpp
std::string run_task_storm(std::uint64_t tasks);
std::string run_cancel_storm(std::uint64_t tasks);
std::string run_deep_chain(std::uint64_t depth);
// clocks.cpp
std::string set_many_timers(std::uint64_t timers);
std::string stand_still(std::uint64_t milliseconds);
std::string jump_ahead(std::uint64_t days);
// unruly_children.cpp
std::string meet_stubborn_children(std::uint64_t children);
std::string meet_noisy_children(std::uint64_t megabytes);
std::string meet_deaf_children(std::uint64_t children);
std::string meet_breeding_children(std::uint64_t children);
std::string run_out_of_processes(std::uint64_t limit);
// full_disks.cpp
std::string fill_device(std::uint64_t writes);
std::string fill_disk(std::uint64_t kilobytes);
std::string exceed_file_size(std::uint64_t kilobytes);

}  // namespace soak
