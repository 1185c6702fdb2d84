// SPDX-License-Identifier: MIT
#include "interruption.hpp"

#include <csignal>

namespace halka {

namespace {

void nothing(int) noexcept {}

/// Installed once, when a thread begins to wait that may have to be interrupted.
int chosen_signal() noexcept {
  static int const chosen = [] {
    for (int number = SIGRTMAX - 3; number > SIGRTMIN; --number) {
      struct sigaction before {};
      if (sigaction(number, nullptr, &before) != 0 || (before.sa_flags & SA_SIGINFO) || before.sa_handler != SIG_DFL) continue;
      struct sigaction handler {};
      handler.sa_handler = nothing;  // without SA_RESTART
      sigemptyset(&handler.sa_mask);
      if (sigaction(number, &handler, nullptr) == 0) return number;
    }
    return 0;  // the program uses them all
  }();
  return chosen;
}

void change_mask(int how) noexcept {
  sigset_t only;
  sigemptyset(&only);
  if (int const number = chosen_signal()) sigaddset(&only, number);
  pthread_sigmask(how, &only, nullptr);
}

}  // namespace

interruption::interruption() noexcept { change_mask(SIG_UNBLOCK); }

interruption::~interruption() { change_mask(SIG_BLOCK); }

void interruption::send(pthread_t thread) noexcept {
  if (int const number = chosen_signal()) pthread_kill(thread, number);
}

}  // namespace halka
