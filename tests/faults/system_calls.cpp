// SPDX-License-Identifier: MIT
// The linker leads the library's calls of these functions here (--wrap, see meson.build): they fail where a plan says so, and else
// call the real ones. std::thread is started inside of libstdc++, so pthread_create is replaced instead.
#include "fault_plan.hpp"

#include <halka/sched/compiler.hpp>
#include <halka/sched/frame_pool.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <memory>
#include <string_view>

struct io_uring;
struct io_uring_cqe;
struct io_uring_probe;
struct io_uring_buf_reg;

using namespace halka::faults;

namespace {

/// -1 with errno.
template <call C, class R, class... P, class... A>
R faulty(R (*real)(P...), A... arguments) {
  if (fault const* const f = fault_at(C); f && f->how == effect::error) {
    errno = f->error;
    if constexpr (std::is_pointer_v<R>)
      return C == call::mmap ? reinterpret_cast<R>(MAP_FAILED) : nullptr;
    else
      return static_cast<R>(-1);
  }
  return real(arguments...);
}

/// The number itself, with this sign.
template <call C, int Sign, class... P, class... A>
int numbered(int (*real)(P...), A... arguments) {
  if (fault const* const f = fault_at(C)) return Sign * f->error;
  return real(arguments...);
}

/// A transfer, which may also be cut short.
template <call C, class Buffer, class... Rest>
ssize_t transfer(ssize_t (*real)(int, Buffer, size_t, Rest...), int fd, Buffer buffer, size_t size, Rest... rest) {
  fault const* const f = fault_at(C);
  if (f && f->how == effect::error) {
    errno = f->error;
    return -1;
  }
  return real(fd, buffer, f && size > 1 ? (size + 1) / 2 : size, rest...);
}

/// Neither reading nor writing an eventfd fails, unless it is full or empty; nor do a few bytes of a pipe come in parts.
bool is_certain(int fd, size_t size) noexcept {
  constexpr size_t few = 8;
  if (size <= few) return true;
  char path[32];
  char name[64];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  ssize_t const length = readlink(path, name, sizeof name);
  return length > 0 && std::string_view(name, static_cast<std::size_t>(length)) == "anon_inode:[eventfd]";
}

}  // namespace

extern "C" {

#define HALKA_WRAP(type, name, kind, parameters, ...) \
  type __real_##name parameters;                      \
  type __wrap_##name parameters;                      \
  type __wrap_##name parameters { return faulty<call::kind>(__real_##name, __VA_ARGS__); }

#define HALKA_WRAP_NUMBER(name, kind, sign, parameters, ...) \
  int __real_##name parameters;                              \
  int __wrap_##name parameters;                              \
  int __wrap_##name parameters { return numbered<call::kind, sign>(__real_##name, __VA_ARGS__); }

#define HALKA_WRAP_TRANSFER(name, parameters, ...) \
  ssize_t __real_##name parameters;                \
  ssize_t __wrap_##name parameters;                \
  ssize_t __wrap_##name parameters { return transfer<call::name>(__real_##name, __VA_ARGS__); }

HALKA_WRAP(int, accept4, accept4, (int a, sockaddr* b, socklen_t* c, int d), a, b, c, d)
HALKA_WRAP(int, bind, bind, (int a, sockaddr const* b, socklen_t c), a, b, c)
HALKA_WRAP(int, connect, connect, (int a, sockaddr const* b, socklen_t c), a, b, c)
HALKA_WRAP(ssize_t, copy_file_range, copy_file_range, (int a, off64_t* b, int c, off64_t* d, size_t e, unsigned f), a, b, c, d, e,
           f)
HALKA_WRAP(int, dup2, dup2, (int a, int b), a, b)
HALKA_WRAP(int, epoll_create1, epoll_create1, (int a), a)
HALKA_WRAP(int, epoll_ctl, epoll_ctl, (int a, int b, int c, epoll_event* d), a, b, c, d)
HALKA_WRAP(int, epoll_wait, epoll_wait, (int a, epoll_event* b, int c, int d), a, b, c, d)
HALKA_WRAP(int, epoll_pwait, epoll_wait, (int a, epoll_event* b, int c, int d, sigset_t const* e), a, b, c, d, e)
HALKA_WRAP(int, epoll_pwait2, epoll_wait, (int a, epoll_event* b, int c, timespec const* d, sigset_t const* e), a, b, c, d, e)
HALKA_WRAP(int, eventfd, eventfd, (unsigned a, int b), a, b)
HALKA_WRAP(int, fallocate64, fallocate, (int a, int b, off64_t c, off64_t d), a, b, c, d)
HALKA_WRAP(int, fallocate, fallocate, (int a, int b, off_t c, off_t d), a, b, c, d)
HALKA_WRAP(int, fchmod, fchmod, (int a, mode_t b), a, b)
HALKA_WRAP(int, fdatasync, fdatasync, (int a), a)
HALKA_WRAP(DIR*, fdopendir, fdopendir, (int a), a)
HALKA_WRAP(int, fstat64, fstat, (int a, struct stat64* b), a, b)
HALKA_WRAP(int, fstat, fstat, (int a, struct stat* b), a, b)
HALKA_WRAP(int, fstatat64, stat, (int a, char const* b, struct stat64* c, int d), a, b, c, d)
HALKA_WRAP(int, fsync, fsync, (int a), a)
HALKA_WRAP(int, ftruncate64, ftruncate, (int a, off64_t b), a, b)
HALKA_WRAP(int, ftruncate, ftruncate, (int a, off_t b), a, b)
HALKA_WRAP(int, getsockname, getsockname, (int a, sockaddr* b, socklen_t* c), a, b, c)
HALKA_WRAP(int, getsockopt, getsockopt, (int a, int b, int c, void* d, socklen_t* e), a, b, c, d, e)
HALKA_WRAP(int, listen, listen, (int a, int b), a, b)
HALKA_WRAP(int, memfd_create, memfd_create, (char const* a, unsigned b), a, b)
HALKA_WRAP(int, mkdir, mkdir, (char const* a, mode_t b), a, b)
HALKA_WRAP(void*, mmap64, mmap, (void* a, size_t b, int c, int d, int e, off64_t f), a, b, c, d, e, f)
HALKA_WRAP(void*, mmap, mmap, (void* a, size_t b, int c, int d, int e, off_t f), a, b, c, d, e, f)
HALKA_WRAP(DIR*, opendir, opendir, (char const* a), a)
HALKA_WRAP(int, pipe2, pipe2, (int* a, int b), a, b)
HALKA_WRAP(int, poll, poll, (pollfd * a, nfds_t b, int c), a, b, c)
HALKA_WRAP(int, rename, rename, (char const* a, char const* b), a, b)
HALKA_WRAP(int, renameat2, rename, (int a, char const* b, int c, char const* d, unsigned e), a, b, c, d, e)
HALKA_WRAP(ssize_t, recvmsg, recvmsg, (int a, msghdr* b, int c), a, b, c)
HALKA_WRAP(ssize_t, sendfile64, sendfile, (int a, int b, off64_t* c, size_t d), a, b, c, d)
HALKA_WRAP(ssize_t, sendfile, sendfile, (int a, int b, off_t* c, size_t d), a, b, c, d)
HALKA_WRAP(ssize_t, sendmsg, sendmsg, (int a, msghdr const* b, int c), a, b, c)
HALKA_WRAP(int, setsockopt, setsockopt, (int a, int b, int c, void const* d, socklen_t e), a, b, c, d, e)
HALKA_WRAP(int, socket, socket, (int a, int b, int c), a, b, c)
HALKA_WRAP(int, socketpair, socketpair, (int a, int b, int c, int* d), a, b, c, d)
HALKA_WRAP(ssize_t, splice, splice, (int a, off64_t* b, int c, off64_t* d, size_t e, unsigned f), a, b, c, d, e, f)
HALKA_WRAP(int, stat64, stat, (char const* a, struct stat64* b), a, b)
HALKA_WRAP(int, stat, stat, (char const* a, struct stat* b), a, b)
HALKA_WRAP(int, statx, statx, (int a, char const* b, int c, unsigned d, struct statx* e), a, b, c, d, e)
HALKA_WRAP(int, symlink, symlink, (char const* a, char const* b), a, b)
HALKA_WRAP(int, unlink, unlink, (char const* a), a)
HALKA_WRAP(int, unlinkat, unlink, (int a, char const* b, int c), a, b, c)
HALKA_WRAP(int, utimensat, utimensat, (int a, char const* b, timespec const* c, int d), a, b, c, d)
HALKA_WRAP(pid_t, waitpid, waitpid, (pid_t a, int* b, int c), a, b, c)

HALKA_WRAP_NUMBER(getaddrinfo, getaddrinfo, 1, (char const* a, char const* b, addrinfo const* c, addrinfo** d), a, b, c, d)
HALKA_WRAP_NUMBER(posix_spawn, posix_spawn, 1,
                  (pid_t * a, char const* b, posix_spawn_file_actions_t const* c, posix_spawnattr_t const* d, char* const* e,
                   char* const* f),
                  a, b, c, d, e, f)
HALKA_WRAP_NUMBER(posix_spawn_file_actions_addclose, spawn_actions, 1, (posix_spawn_file_actions_t * a, int b), a, b)
HALKA_WRAP_NUMBER(posix_spawn_file_actions_addclosefrom_np, spawn_actions, 1, (posix_spawn_file_actions_t * a, int b), a, b)
HALKA_WRAP_NUMBER(posix_spawn_file_actions_addchdir_np, spawn_actions, 1, (posix_spawn_file_actions_t * a, char const* b), a, b)
HALKA_WRAP_NUMBER(posix_spawn_file_actions_adddup2, spawn_actions, 1, (posix_spawn_file_actions_t * a, int b, int c), a, b, c)

HALKA_WRAP_NUMBER(io_uring_get_events, ring_enter, -1, (io_uring * a), a)
HALKA_WRAP_NUMBER(io_uring_register_buf_ring, ring_register, -1, (io_uring * a, io_uring_buf_reg* b, unsigned c), a, b, c)
HALKA_WRAP_NUMBER(io_uring_register_ring_fd, ring_register, -1, (io_uring * a), a)
HALKA_WRAP_NUMBER(io_uring_submit, ring_enter, -1, (io_uring * a), a)
HALKA_WRAP_NUMBER(io_uring_submit_and_get_events, ring_enter, -1, (io_uring * a), a)
HALKA_WRAP_NUMBER(io_uring_submit_and_wait, ring_enter, -1, (io_uring * a, unsigned b), a, b)
HALKA_WRAP_NUMBER(io_uring_submit_and_wait_timeout, ring_enter, -1,
                  (io_uring * a, io_uring_cqe** b, unsigned c, __kernel_timespec* d, sigset_t* e), a, b, c, d, e)
HALKA_WRAP(io_uring_probe*, io_uring_get_probe_ring, ring_probe, (io_uring * a), a)

HALKA_WRAP_TRANSFER(pread, (int a, void* b, size_t c, off_t d), a, b, c, d)
HALKA_WRAP_TRANSFER(pwrite, (int a, void const* b, size_t c, off_t d), a, b, c, d)
HALKA_WRAP_TRANSFER(recv, (int a, void* b, size_t c, int d), a, b, c, d)
HALKA_WRAP_TRANSFER(send, (int a, void const* b, size_t c, int d), a, b, c, d)

ssize_t __real_pread64(int a, void* b, size_t c, off64_t d);
ssize_t __wrap_pread64(int a, void* b, size_t c, off64_t d);
ssize_t __wrap_pread64(int a, void* b, size_t c, off64_t d) { return transfer<call::pread>(__real_pread64, a, b, c, d); }
ssize_t __real_pwrite64(int a, void const* b, size_t c, off64_t d);
ssize_t __wrap_pwrite64(int a, void const* b, size_t c, off64_t d);
ssize_t __wrap_pwrite64(int a, void const* b, size_t c, off64_t d) { return transfer<call::pwrite>(__real_pwrite64, a, b, c, d); }

ssize_t __real_read(int a, void* b, size_t c);
ssize_t __wrap_read(int a, void* b, size_t c);
ssize_t __wrap_read(int a, void* b, size_t c) {
  return is_certain(a, c) ? __real_read(a, b, c) : transfer<call::read>(__real_read, a, b, c);
}
ssize_t __real_write(int a, void const* b, size_t c);
ssize_t __wrap_write(int a, void const* b, size_t c);
ssize_t __wrap_write(int a, void const* b, size_t c) {
  return is_certain(a, c) ? __real_write(a, b, c) : transfer<call::write>(__real_write, a, b, c);
}

int __real_io_uring_queue_init_params(unsigned entries, io_uring* ring, io_uring_params* how);
int __wrap_io_uring_queue_init_params(unsigned entries, io_uring* ring, io_uring_params* how);
int __wrap_io_uring_queue_init_params(unsigned entries, io_uring* ring, io_uring_params* how) {
  fault const* const f = fault_at(call::ring_setup);
  if (f && f->how == effect::error) return -f->error;
  if (f) {
    constexpr unsigned smallest = 2;
    entries = smallest;
    how->cq_entries = smallest;
  }
  return __real_io_uring_queue_init_params(entries, ring, how);
}

// With WNOHANG it does not wait, so nothing interrupts it.
int __real_waitid(idtype_t a, id_t b, siginfo_t* c, int d);
int __wrap_waitid(idtype_t a, id_t b, siginfo_t* c, int d);
int __wrap_waitid(idtype_t a, id_t b, siginfo_t* c, int d) {
  return (d & WNOHANG) ? __real_waitid(a, b, c, d) : faulty<call::waitid>(__real_waitid, a, b, c, d);
}

pid_t __real_fork();
pid_t __wrap_fork();
pid_t __wrap_fork() { return faulty<call::fork>(__real_fork); }

// What takes a varying number of arguments gets as many words as the longest form has.
int __real_fcntl64(int fd, int command, long argument);
int __wrap_fcntl64(int fd, int command, long argument);
int __wrap_fcntl64(int fd, int command, long argument) {
  if (command != F_DUPFD_CLOEXEC && command != F_DUPFD) return __real_fcntl64(fd, command, argument);
  return faulty<call::fcntl>(__real_fcntl64, fd, command, argument);
}
int __real_fcntl(int fd, int command, long argument);
int __wrap_fcntl(int fd, int command, long argument);
int __wrap_fcntl(int fd, int command, long argument) {
  if (command != F_DUPFD_CLOEXEC && command != F_DUPFD) return __real_fcntl(fd, command, argument);
  return faulty<call::fcntl>(__real_fcntl, fd, command, argument);
}
HALKA_WRAP(int, open64, open, (char const* a, int b, mode_t c), a, b, c)
HALKA_WRAP(int, open, open, (char const* a, int b, mode_t c), a, b, c)
HALKA_WRAP(int, openat64, openat, (int a, char const* b, int c, mode_t d), a, b, c, d)
HALKA_WRAP(int, openat, openat, (int a, char const* b, int c, mode_t d), a, b, c, d)
long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f) {
  if (number != SYS_pidfd_open) return __real_syscall(number, a, b, c, d, e, f);
  return faulty<call::pidfd_open>(__real_syscall, number, a, b, c, d, e, f);
}

#undef HALKA_WRAP
#undef HALKA_WRAP_NUMBER
#undef HALKA_WRAP_TRANSFER

}  // extern "C"
