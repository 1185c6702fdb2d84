// SPDX-License-Identifier: MIT
#include "child_process.hpp"

#include <halka/sched/errors.hpp>

#include "captured_output.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <exception>

namespace halka::test {

namespace {

[[noreturn]] void be_child(std::function<int()> const& fn) {
  // The test framework's handlers and core files are for the parent.
  for (int const signal : {SIGABRT, SIGSEGV, SIGILL, SIGFPE, SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
  rlimit const none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  alarm(60);  // one that hangs is killed
  int code = 99;
  try {
    code = fn();
  } catch (...) {
    std::fprintf(stderr, "child: %s\n", describe(std::current_exception()).c_str());
  }
  std::fflush(nullptr);
  _exit(code);
}

}  // namespace

child_end in_child(std::function<int()> fn) {
  captured_output const errors(2);
  pid_t const child = fork();
  if (child == 0) be_child(fn);
  int status = 0;
  waitpid(child, &status, 0);
  child_end end;
  end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  end.error_output = errors.text();
  return end;
}

}  // namespace halka::test
