// SPDX-License-Identifier: MIT
#include "broken_pipe_signal.hpp"

#include <csignal>

namespace halka {

void ignore_broken_pipe_signal() noexcept {
  struct sigaction now {};
  if (sigaction(SIGPIPE, nullptr, &now) == 0 && !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_DFL)
    std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace halka
