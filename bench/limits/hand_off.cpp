// SPDX-License-Identifier: MIT
// Calls on another thread: a loop that sleeps in epoll_wait on an eventfd, a worker that sleeps on a futex, and between them two
// counters in shared memory. Who sleeps says so, and only then it is woken. On several cores both look at their counter for a while
// before they sleep.
#include "limits.hpp"

#include <linux/futex.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <thread>

namespace bench {

namespace {

class hand_off {
 public:
  explicit hand_off(bool spins) : looks_(spins ? 20'000 : 1), event_(eventfd(0, 0)), poll_(epoll_create1(0)) {
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    if (event_ < 0 || poll_ < 0 || epoll_ctl(poll_, EPOLL_CTL_ADD, event_, &wanted) != 0) std::abort();
  }
  hand_off(hand_off const&) = delete;
  hand_off& operator=(hand_off const&) = delete;
  ~hand_off() {
    close(poll_);
    close(event_);
  }

  /// The loop: keeps `alive` calls under way until `n` have returned.
  void call(std::uint32_t n, std::uint32_t alive) {
    std::uint32_t sent = 0;
    std::uint32_t returned = 0;
    while (returned < n) {
      if (std::uint32_t const more = std::min(n, returned + alive) - sent) submit(sent += more);
      returned = wait_for_returned(returned);
    }
  }

  /// The worker: does `n` calls.
  void work(std::uint32_t n) {
    std::uint32_t done = 0;
    while (done < n) {
      std::uint32_t const wanted = wait_for_submitted(done);
      while (done != wanted) {
        sink = done;
        returned_.store(++done);
        std::uint64_t const one = 1;
        if (loop_sleeps_.load() && loop_sleeps_.exchange(false) && write(event_, &one, sizeof one) != sizeof one) std::abort();
      }
    }
  }

 private:
  void submit(std::uint32_t count) {
    submitted_.store(count);
    if (worker_sleeps_.load() != 0 && worker_sleeps_.exchange(0) != 0)
      syscall(SYS_futex, &worker_sleeps_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
  std::uint32_t wait_for_submitted(std::uint32_t done) {
    while (true) {
      for (int i = 0; i < looks_; ++i)
        if (std::uint32_t const wanted = submitted_.load(); wanted != done) return wanted;
      worker_sleeps_.store(1);
      if (submitted_.load() == done) syscall(SYS_futex, &worker_sleeps_, FUTEX_WAIT_PRIVATE, 1, nullptr, nullptr, 0);
      worker_sleeps_.store(0);
    }
  }
  std::uint32_t wait_for_returned(std::uint32_t known) {
    while (true) {
      for (int i = 0; i < looks_; ++i)
        if (std::uint32_t const count = returned_.load(); count != known) return count;
      loop_sleeps_.store(true);
      if (returned_.load() != known && loop_sleeps_.exchange(false)) continue;
      epoll_event ready;
      std::uint64_t count = 0;
      if (epoll_wait(poll_, &ready, 1, -1) != 1 || read(event_, &count, sizeof count) != sizeof count) std::abort();
    }
  }

  int const looks_;
  int event_;
  int poll_;
  alignas(64) std::atomic<std::uint32_t> submitted_ = 0;
  std::atomic<std::uint32_t> worker_sleeps_ = 0;
  alignas(64) std::atomic<std::uint32_t> returned_ = 0;
  std::atomic<bool> loop_sleeps_ = false;
};

void measure(order const& o, meter& m, bool spins) {
  hand_off between(spins);
  auto const n = static_cast<std::uint32_t>(o.units);
  std::thread worker([&] { between.work(n); });
  m.start();
  between.call(n, static_cast<std::uint32_t>(o.alive));
  m.stop();
  worker.join();
}

}  // namespace

void thread_calls(order const& o, meter& m) { measure(o, m, true); }

void thread_calls_on_one_core(order const& o, meter& m) {
  use_one_core();
  measure(o, m, false);
}

}  // namespace bench
