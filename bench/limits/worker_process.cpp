// SPDX-License-Identifier: MIT
// The limit of handing calls to another process: counters in shared memory. The worker sleeps on a futex, the loop in epoll_wait on
// an eventfd, and each is woken only if it says that it sleeps. There are no arguments, results or functions.
#include "limits.hpp"

#include <linux/futex.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace bench {

namespace {

struct shared {
  alignas(64) std::atomic<std::uint64_t> asked = 0;
  std::atomic<std::uint32_t> worker_sleeps = 0;
  alignas(64) std::atomic<std::uint64_t> answered = 0;
  std::atomic<std::uint32_t> loop_sleeps = 0;
};

void futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value) {
  syscall(SYS_futex, &word, operation, value, nullptr, nullptr, 0);
}

void must_be(bool right) {
  if (!right) std::abort();
}

[[noreturn]] void work(shared& s, int event, std::uint64_t units) {
  std::uint64_t done = 0;
  while (done < units) {
    if (s.asked.load() == done) {
      s.worker_sleeps.store(1);
      if (s.asked.load() == done) futex(s.worker_sleeps, FUTEX_WAIT, 1);
      s.worker_sleeps.store(0);
      continue;
    }
    s.answered.store(++done);
    std::uint64_t const one = 1;
    if (s.loop_sleeps.load() && s.loop_sleeps.exchange(0)) must_be(write(event, &one, sizeof one) == sizeof one);
  }
  _exit(0);
}

}  // namespace

void call_worker_process(order const& o, meter& m) {
  use_one_core();
  void* const memory = mmap(nullptr, sizeof(shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must_be(memory != MAP_FAILED);
  shared& s = *new (memory) shared;
  int const event = eventfd(0, 0), poll = epoll_create1(0);
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  must_be(event >= 0 && poll >= 0 && epoll_ctl(poll, EPOLL_CTL_ADD, event, &wanted) == 0);
  pid_t const worker = fork();
  if (worker == 0) work(s, event, o.units);
  must_be(worker > 0);

  m.start();
  std::uint64_t asked = 0, answered = 0;
  while (answered < o.units) {
    std::uint64_t const more = std::min<std::uint64_t>(o.alive - (asked - answered), o.units - asked);
    if (more > 0) {
      s.asked.store(asked += more);
      if (s.worker_sleeps.load() && s.worker_sleeps.exchange(0)) futex(s.worker_sleeps, FUTEX_WAKE, 1);
    }
    if (std::uint64_t const now = s.answered.load(); now != answered) {
      answered = now;
      continue;
    }
    s.loop_sleeps.store(1);
    if (s.answered.load() != answered && s.loop_sleeps.exchange(0)) continue;
    epoll_event ready;
    std::uint64_t count = 0;
    must_be(epoll_wait(poll, &ready, 1, -1) == 1 && read(event, &count, sizeof count) == sizeof count);
  }
  m.stop();
  waitpid(worker, nullptr, 0);
  close(event);
  close(poll);
}

}  // namespace bench
