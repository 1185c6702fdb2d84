// SPDX-License-Identifier: MIT
#pragma once

#include "children.hpp"

#include <halka/halka.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace halka::test {

// A server for tests of workers, and what asks it. A request is a line:
//
//   pid     the number of the process is the answer
//   hold    the answer comes when the client has sent another line: "held by PID"
//   die     the process kills itself
//   block   the loop stands still

task<> serve_test_requests(worker& w);

/// The answer to one line on a connection of its own; empty if there came none.
task<std::string> request(std::uint16_t port, std::string line);

/// A request that is under way: it was begun, and its answer comes after `finish`.
struct held_request {
  stream connection;
  task<std::string> finish();
};
task<held_request> hold(std::uint16_t port);

/// Asks until so many processes have answered. *Result*: their numbers.
task<std::set<int>> pids_answering(std::uint16_t port, std::size_t count);

/// What supervisors log while it lives.
class logged {
 public:
  logged();
  ~logged();
  logged(logged const&) = delete;
  logged& operator=(logged const&) = delete;

  static void log(std::string_view text);
  std::string text() const;
  std::size_t count(std::string_view part) const;
  /// Waits until there are so many lines with this in them.
  task<> until(std::string part, std::size_t times = 1) const;
};

/// Waits until so many workers are ready, and no others are there.
task<> until_ready(supervisor const& s, std::size_t count);
std::set<int> pids_of(supervisor const& s);

/// Stops a supervisor and waits. *Result*: the exit code.
task<int> stop_and_wait(supervisor& s);

}  // namespace halka::test
