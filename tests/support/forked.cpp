// SPDX-License-Identifier: MIT
#include "forked.hpp"

#include <halka/sched/errors.hpp>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <exception>

namespace halka::test {

forked::forked(std::function<int()> const& fn) {
  std::fflush(nullptr);  // what is not written yet would be written twice
  pid_ = fork();
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (int const signal : {SIGABRT, SIGSEGV, SIGILL, SIGFPE, SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
  alarm(60);
  int code = 99;
  try {
    code = fn();
  } catch (...) {
    std::fprintf(stderr, "child: %s\n", describe(std::current_exception()).c_str());
  }
  std::fflush(nullptr);
  _exit(code);
}

forked::~forked() {
  if (waited_) return;
  kill(SIGKILL);
  wait();
}

void forked::kill(int signal) const noexcept { ::kill(pid_, signal); }

void forked::stop() const noexcept {
  kill(SIGSTOP);
  siginfo_t info;
  waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WNOWAIT);
}

void forked::wait_for_end(int pid) {
  siginfo_t info;
  waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT);
}

int forked::wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  waited_ = true;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace halka::test
