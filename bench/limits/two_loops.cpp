// SPDX-License-Identifier: MIT
// A message to another thread and its answer: two threads that sleep in epoll_wait, each on an eventfd of its own, and counters in
// shared memory. A thread is woken only if it says that it sleeps.
#include "limits.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <thread>

namespace bench {

namespace {

class side {
 public:
  side() : event_(eventfd(0, 0)), poll_(epoll_create1(0)) {
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    if (event_ < 0 || poll_ < 0 || epoll_ctl(poll_, EPOLL_CTL_ADD, event_, &wanted) != 0) std::abort();
  }
  side(side const&) = delete;
  side& operator=(side const&) = delete;
  ~side() {
    close(poll_);
    close(event_);
  }

  void send() {
    arrived_.fetch_add(1);
    std::uint64_t const one = 1;
    if (sleeps_.load() && sleeps_.exchange(false) && write(event_, &one, sizeof one) != sizeof one) std::abort();
  }

  /// Until `n` messages have come.
  void receive(std::size_t n) {
    while (arrived_.load() < n) {
      sleeps_.store(true);
      if (arrived_.load() >= n && sleeps_.exchange(false)) return;
      epoll_event ready;
      std::uint64_t count = 0;
      if (epoll_wait(poll_, &ready, 1, -1) != 1 || read(event_, &count, sizeof count) != sizeof count) std::abort();
    }
  }

 private:
  int event_;
  int poll_;
  alignas(64) std::atomic<std::size_t> arrived_ = 0;
  std::atomic<bool> sleeps_ = false;
};

}  // namespace

void message_threads(order const& o, meter& m) {
  side here, there;
  std::thread other([&] {
    for (std::size_t i = 1; i <= o.units; ++i) {
      there.receive(i);
      here.send();
    }
  });
  m.start();
  for (std::size_t i = 1; i <= o.units; ++i) {
    there.send();
    here.receive(i);
  }
  m.stop();
  other.join();
}

void message_threads_on_one_core(order const& o, meter& m) {
  use_one_core();
  message_threads(o, m);
}

}  // namespace bench
