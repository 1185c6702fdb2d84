// SPDX-License-Identifier: MIT
#include "child_description.hpp"

#include "../message/message_reader.hpp"
#include "../message/message_types.hpp"
#include "../message/message_writer.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <chrono>
#include <cstdlib>
#include <fstream>

namespace halka::detail {

namespace {

/// Without changing it for a moment, as umask(2) must: other threads may create files.
std::uint32_t present_umask() {
  std::ifstream status("/proc/self/status");
  std::uint32_t mask = 022;
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Umask:")) mask = static_cast<std::uint32_t>(std::strtoul(line.c_str() + 6, nullptr, 8));
  return mask;
}

/// Like a `unique_fd`, of a descriptor that somebody else owns and that may not be open.
void write_descriptor(message_writer& to, int fd) {
  bool const open = fd >= 0 && fcntl(fd, F_GETFD) >= 0;
  to(open);
  if (open) to(to.attach(fd));
}

}  // namespace

void write_description(message_writer& to, child_start const& start, int directory) {
  to(code_address::of(start.main), std::string(start.name), start.limits.memory,
     static_cast<std::int64_t>(start.limits.cpu_time.count()), start.limits.processes, present_umask());
  std::vector<std::string> environment;
  for (char** entry = environ; entry && *entry; ++entry) environment.emplace_back(*entry);
  to(environment);
  for (int const fd : {directory, start.standard_output, start.standard_error}) write_descriptor(to, fd);
}

child_description read_description(message_reader& from) {
  child_description told;
  std::int64_t cpu_time = 0;
  from(told.main, told.name, told.limits.memory, cpu_time, told.limits.processes, told.umask, told.environment, told.fds[0],
       told.fds[1], told.fds[2]);
  told.limits.cpu_time = std::chrono::seconds(cpu_time);
  return told;
}

}  // namespace halka::detail
