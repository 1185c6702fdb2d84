// SPDX-License-Identifier: MIT
#include "memory_file.hpp"

#include "kernel_features.hpp"

#include <sys/mman.h>
#include <cerrno>

namespace halka::detail {

int open_memory_file(char const* name) noexcept {
  constexpr unsigned usual = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  constexpr unsigned never_executed = 8;  // MFD_NOEXEC_SEAL, Linux 6.3
  if (kernel::allows(kernel::feature::memfd_noexec)) {
    int const fd = memfd_create(name, usual | never_executed);
    if (fd >= 0 || errno != EINVAL) return fd;
  }
  return memfd_create(name, usual);
}

}  // namespace halka::detail
