// SPDX-License-Identifier: MIT
#include "interrupt.hpp"

#include <sys/syscall.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace halka {

namespace {

// What the signal handler may touch. All lock-free.
std::atomic<event_loop*> interrupted_loop = nullptr;
std::atomic<int> interrupts = 0;

void on_sigint(int signal) {
  int const error = errno;
  if (interrupts.fetch_add(1) == 0) {
    if (event_loop* const loop = interrupted_loop.load()) loop->nudge();
  } else {
    // The program does not end by itself: let the signal do it.
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  errno = error;
}

bool in_main_thread() noexcept { return syscall(SYS_gettid) == getpid(); }

bool install_handler() noexcept {
  struct sigaction before {};
  if (sigaction(SIGINT, nullptr, &before) != 0 || (before.sa_flags & SA_SIGINFO) || before.sa_handler != SIG_DFL) return false;
  struct sigaction action {};
  action.sa_handler = on_sigint;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  return sigaction(SIGINT, &action, nullptr) == 0;
}

}  // namespace

interrupt_guard::interrupt_guard(event_loop& loop, any_task const& main) : loop_(loop), installed_(false) {
  event_loop* none = nullptr;
  if (!in_main_thread() || !interrupted_loop.compare_exchange_strong(none, &loop)) return;
  interrupts = 0;
  loop.on_nudge = [main] { main.cancel(); };
  installed_ = install_handler();
  if (!installed_) {
    loop.on_nudge = nullptr;
    interrupted_loop = nullptr;
  }
}

interrupt_guard::~interrupt_guard() {
  if (!installed_) return;
  // The program may have set a handler of its own meanwhile; that one stays.
  struct sigaction now {};
  if (sigaction(SIGINT, nullptr, &now) == 0 && now.sa_handler == on_sigint) std::signal(SIGINT, SIG_DFL);
  interrupted_loop = nullptr;
  loop_.on_nudge = nullptr;
}

bool interrupt_guard::interrupted() const noexcept { return installed_ && interrupts.load() > 0; }

}  // namespace halka
