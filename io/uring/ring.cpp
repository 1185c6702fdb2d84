// SPDX-License-Identifier: MIT
#include "ring.hpp"

#include <liburing.h>
#include <sys/resource.h>
#include <cerrno>
#include <fstream>
#include <initializer_list>
#include <mutex>
#include <system_error>

namespace halka {

namespace {

constexpr unsigned common_flags = IORING_SETUP_CLAMP | IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL;
constexpr unsigned ladder[] = {
    common_flags | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
    common_flags | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
    IORING_SETUP_CLAMP | IORING_SETUP_CQSIZE,
};

struct ring_size {
  unsigned submissions;
  unsigned completions;
};
constexpr ring_size sizes[] = {{256, 4096}, {128, 1024}, {32, 256}};

/// Held while a ring's memory is mapped or unmapped: race detectors do not see that liburing does so, and take memory that one loop
/// returned and another one got for shared.
std::mutex mapping;

/// Tries the flags in order; the flags that were taken, or a negative errno.
int set_up(io_uring& ring, ring_size size) {
  int error = -EINVAL;
  for (unsigned const flags : ladder) {
    io_uring_params params{};
    params.flags = flags;
    params.cq_entries = size.completions;
    error = io_uring_queue_init_params(size.submissions, &ring, &params);
    if (error == 0) return static_cast<int>(flags);
    if (error != -EINVAL) break;
  }
  return error;
}

std::string disabled_setting() {
  std::ifstream file("/proc/sys/kernel/io_uring_disabled");
  std::string value;
  return file >> value ? value : std::string();
}

}  // namespace

std::string explain_setup_error(int error) {
  std::string const what = "io_uring cannot be set up: ";
  switch (error) {
    case EPERM: {
      std::string const setting = disabled_setting();
      if (!setting.empty() && setting != "0")
        return what + "the system forbids it (sysctl kernel.io_uring_disabled = " + setting +
               "); remedy: sysctl -w kernel.io_uring_disabled=0, or for 1 join the group in kernel.io_uring_group";
      return what +
             "a seccomp filter forbids it, as Docker's and Kubernetes' default profiles do; remedy: a profile that allows "
             "io_uring_setup, "
             "io_uring_enter and io_uring_register (docker run --security-opt seccomp=profile.json)";
    }
    case ENOSYS:
      return what +
             "this kernel has none (Linux before 5.1, one built without CONFIG_IO_URING, or a sandbox such as gVisor); remedy: "
             "Linux 6.1 or newer";
    case EINVAL:
      return what + "this kernel is too old; remedy: Linux 6.1 or newer";
    case ENOMEM: {
      rlimit limit{};
      getrlimit(RLIMIT_MEMLOCK, &limit);
      return what + "its memory exceeds RLIMIT_MEMLOCK (" + std::to_string(limit.rlim_cur) +
             " bytes, shared by all processes of the user); remedy: raise it with ulimit -l, LimitMEMLOCK= in systemd or --ulimit "
             "memlock= in "
             "Docker";
    }
    case EMFILE:
    case ENFILE:
      return what + "there are too many open descriptors; remedy: close some, or raise ulimit -n";
    default:
      return what + "io_uring_setup";
  }
}

ring::ring() : ring_(std::make_unique<io_uring>()) {
  std::lock_guard const lock(mapping);
  int result = -ENOMEM;
  for (ring_size const size : sizes) {
    result = set_up(*ring_, size);
    if (result != -ENOMEM) break;
  }
  if (result >= 0 && !(ring_->features & IORING_FEAT_EXT_ARG)) {  // 5.11: the wait with a deadline
    io_uring_queue_exit(ring_.get());
    result = -EINVAL;
  }
  if (result < 0) throw std::system_error(-result, std::system_category(), explain_setup_error(-result));
  signals_work_ = static_cast<unsigned>(result) & IORING_SETUP_TASKRUN_FLAG;
  io_uring_register_ring_fd(ring_.get());  // saves a look-up per enter; older kernels refuse, which is harmless
  io_uring_ring_dontfork(ring_.get());     // a forked child must not share the queues
}

ring::~ring() {
  std::lock_guard const lock(mapping);
  io_uring_queue_exit(ring_.get());
}

}  // namespace halka
