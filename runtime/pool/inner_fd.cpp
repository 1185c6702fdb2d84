// SPDX-License-Identifier: MIT
#include "inner_fd.hpp"

#include <unistd.h>

namespace halka::detail {

void inner_fd::close() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace halka::detail
