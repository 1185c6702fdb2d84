// SPDX-License-Identifier: MIT
#include "interrupt.hpp"

#include <sys/syscall.h>
#include <unistd.h>
#include <atomic>
#include <csignal>

namespace halka {

namespace {

/// Only one loop has it at a time.
std::atomic<bool> taken = false;

bool in_main_thread() noexcept { return syscall(SYS_gettid) == getpid(); }

}  // namespace

interrupt_guard::interrupt_guard(event_loop& loop, any_task const& main) : loop_(loop) {
  if (!in_main_thread() || taken.exchange(true)) return;
  receiver_.emplace(loop, detail::signal_receiver::kind::last_resort);
  loop.on_nudge = [this, main] {
    if (receiver_->take() != 0) main.cancel();
  };
  if (!receiver_->watch_if_default(SIGINT)) release();
}

interrupt_guard::~interrupt_guard() {
  if (receiver_) release();
}

void interrupt_guard::release() noexcept {
  receiver_.reset();
  loop_.on_nudge = nullptr;
  taken = false;
}

bool interrupt_guard::interrupted() const noexcept { return receiver_ && receiver_->was_told(); }

}  // namespace halka
