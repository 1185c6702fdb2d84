// SPDX-License-Identifier: MIT
#pragma once

#include <halka/io/default_poller.hpp>

#include <system_error>

namespace halka::test {

/// False where the kernel or a filter refuses io_uring: tests of it have nothing to test there.
inline bool io_uring_is_there() {
  try {
    make_default_poller(backend_kind::io_uring);
    return true;
  } catch (std::system_error const&) {
    return false;
  }
}

}  // namespace halka::test
