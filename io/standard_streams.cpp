// SPDX-License-Identifier: MIT
#include "standard_streams.hpp"

#include "../sched/running.hpp"
#include "io_backend.hpp"
#include "operation_awaiter.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>

namespace halka {

namespace {

/// The stream of a standard descriptor, made on first use over a copy of it: closing that leaves the program's own alone.
stream standard(int fd, char const* name) {
  stream_ptr& place = io_backend::of(get_running_loop()).standard_streams()[static_cast<std::size_t>(fd)];
  if (!place || !place->is_open()) {
    unique_fd copy(fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!copy) detail::throw_io_error(errno, name);
    place = stream_ptr(new stream_state(std::move(copy), {}, {}));
    place->set_label(name);
  }
  return stream::sharing(place);
}

}  // namespace

stream standard_input() { return standard(STDIN_FILENO, "standard input"); }

stream standard_output() { return standard(STDOUT_FILENO, "standard output"); }

stream standard_error() { return standard(STDERR_FILENO, "standard error"); }

}  // namespace halka
