// SPDX-License-Identifier: MIT
#include "ring.hpp"

#include "../../sched/fork_watch.hpp"
#include "../kernel_features.hpp"
#include "kernel_constants.hpp"

#include <liburing.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cerrno>
#include <fstream>
#include <mutex>
#include <system_error>

namespace halka {

namespace {

constexpr unsigned common_flags = IORING_SETUP_CLAMP | IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL;

struct step {
  unsigned flags;
  kernel::feature needs;
};
constexpr step ladder[] = {
    {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG, kernel::feature::defer_taskrun},
    {IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG, kernel::feature::coop_taskrun},
};

struct ring_size {
  unsigned submissions;
  unsigned completions;
};
constexpr ring_size sizes[] = {{256, 4096}, {128, 1024}, {32, 256}};

/// Threads of the kernel for operations on files and names: what it takes itself where there are 64 processors. Its choice is four
/// for each processor, and opening a pipe with a name, which waits for the other end, keeps one busy.
constexpr unsigned most_file_workers = 256;

/// Held while a ring's memory is mapped or unmapped: race detectors do not see that liburing does so, and take memory that one loop
/// returned and another one got for shared.
std::mutex mapping;

/// 0 or a negative errno.
int set_up_with(io_uring& ring, ring_size size, unsigned flags) noexcept {
  io_uring_params params{};
  params.flags = common_flags | flags;
  params.cq_entries = size.completions;
  return io_uring_queue_init_params(size.submissions, &ring, &params);
}

/// Tries the flags in order.
int set_up(io_uring& ring, ring_size size) noexcept {
  for (step const& s : ladder) {
    if (!kernel::allows(s.needs)) continue;
    int const error = set_up_with(ring, size, s.flags);
    if (error != -EINVAL) return error;
  }
  return set_up_with(ring, size, 0);
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
    case EACCES:
      return what + "a security module such as SELinux forbids it; remedy: a policy that allows it";
    case ENOSYS:
    case EOPNOTSUPP:
      return what +
             "this kernel has none (Linux before 5.1, one built without CONFIG_IO_URING, a filter as Podman's that denies it, or a "
             "sandbox such as gVisor); remedy: "
             "Linux 6.1 or newer";
    case EINVAL:
      return what + "this kernel is too old, or a sandbox that has only a part of it; remedy: Linux 6.1 or newer";
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
      return what + "the kernel answers " + std::system_category().message(error);
  }
}

ring::ring() : ring_(std::make_unique<io_uring>()) {
  detail::free_in_children(mapping);
  std::lock_guard const lock(mapping);
  int error = -ENOMEM;
  for (ring_size const size : sizes) {
    error = set_up(*ring_, size);
    if (error != -ENOMEM) break;
  }
  if (error == 0) {
    error = begin();
    if (error != 0) io_uring_queue_exit(ring_.get());
  }
  if (error != 0) throw std::system_error(-error, std::system_category(), explain_setup_error(-error));
}

/// Whether the ring can be used, and what makes it quicker. 0 or a negative errno.
int ring::begin() noexcept {
  if (!(ring_->features & IORING_FEAT_EXT_ARG)) return -EINVAL;  // 5.11: the wait with a deadline
  if (int const error = probe_operations(*ring_, operations_)) return error;
  if (int const error = io_uring_get_events(ring_.get()); error < 0 && error != -EINTR) return error;
  // Saves a look-up per enter; a refusal is harmless.
  registered_ = kernel::allows(kernel::feature::registered_ring_fd) && io_uring_register_ring_fd(ring_.get()) == 1;
  // A refusal is harmless: Linux below 5.15.
  unsigned workers[2] = {most_file_workers, 0};
  io_uring_register_iowq_max_workers(ring_.get(), workers);
  io_uring_ring_dontfork(ring_.get());  // a forked child must not share the queues
  return 0;
}

void ring::leave_to_parent() noexcept { close(ring_.release()->ring_fd); }

ring::~ring() {
  if (!ring_) return;
  std::lock_guard const lock(mapping);
  io_uring_queue_exit(ring_.get());
}

bool ring::signals_work() const noexcept { return (ring_->flags & IORING_SETUP_TASKRUN_FLAG) != 0; }

std::string ring::shortcomings() const {
  std::string lacks;
  auto const note = [&lacks](bool has, kernel::feature f) {
    if (!has) lacks += (lacks.empty() ? "" : ", ") + std::string(to_string(f));
  };
  bool const deferred = (ring_->flags & IORING_SETUP_DEFER_TASKRUN) != 0;
  note(deferred, kernel::feature::defer_taskrun);
  note(deferred || (ring_->flags & IORING_SETUP_COOP_TASKRUN) != 0, kernel::feature::coop_taskrun);
  note(registered_, kernel::feature::registered_ring_fd);
  note(operations_[kernel::op_ftruncate], kernel::feature::ftruncate);
  note(operations_[kernel::op_waitid], kernel::feature::waitid);
  return lacks;
}

bool ring::is_small() const noexcept { return ring_->sq.ring_entries < sizes[0].submissions; }

}  // namespace halka
