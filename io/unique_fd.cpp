// SPDX-License-Identifier: MIT
#include "unique_fd.hpp"

#include "../sched/running.hpp"
#include "descriptor_ledger.hpp"

#include <unistd.h>

namespace halka {

unique_fd::unique_fd(int fd, std::source_location opened_at) : fd_(fd) {
  if (fd_ >= 0) detail::note_opened(fd_, opened_at);
}

int unique_fd::release() noexcept {
  if (fd_ >= 0) detail::note_closed(fd_);
  return std::exchange(fd_, -1);
}

void unique_fd::close() noexcept {
  if (fd_ < 0) return;
  int const fd = release();
  ::close(fd);  // its errors tell of writes long ago: files are synchronised before; EINTR closes it too
}

}  // namespace halka
