// SPDX-License-Identifier: MIT
#include "standard_descriptors.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace halka {

void occupy_standard_descriptors() noexcept {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest free number is this one. The wrong direction lets every use fail.
    int const opened = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (opened >= 0 && opened != fd) ::close(opened);  // somebody else was quicker
  }
}

}  // namespace halka
