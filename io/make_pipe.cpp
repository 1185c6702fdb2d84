// SPDX-License-Identifier: MIT
#include "make_pipe.hpp"

#include "operation_awaiter.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>

namespace halka {

pipe_ends make_pipe(std::source_location here) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) detail::throw_io_error(errno, "make a pipe");
  return {unique_fd(ends[0], here), unique_fd(ends[1], here)};
}

}  // namespace halka
