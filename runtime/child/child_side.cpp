// SPDX-License-Identifier: MIT
#include "child_side.hpp"

#include "../../sched/report.hpp"
#include "../message/code_address.hpp"
#include "../message/message_reader.hpp"
#include "../message/remote_error.hpp"
#include "../message/throw_trace.hpp"
#include "arrived_message.hpp"
#include "child_description.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>

namespace halka::detail {

namespace {

void check(int result, char const* what) {
  if (result != 0) throw std::system_error(errno, std::system_category(), what);
}

void limit(int resource, std::uint64_t value, char const* what) {
  if (value == 0) return;
  rlimit now{};
  getrlimit(static_cast<__rlimit_resource>(resource), &now);
  now.rlim_cur = std::min<rlim_t>(value, now.rlim_max);
  // At the soft limit of processor time comes SIGXCPU, which ends the process unless it is caught; at the hard one SIGKILL.
  now.rlim_max = resource == RLIMIT_CPU ? std::min<rlim_t>(value + 1, now.rlim_max) : now.rlim_cur;
  check(setrlimit(static_cast<__rlimit_resource>(resource), &now), what);
}

/// As a new program would find them.
void reset_signals() noexcept {
  for (int n = 1; n < NSIG; ++n) std::signal(n, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void set_environment(std::vector<std::string>& entries) {
  clearenv();
  for (std::string& entry : entries)
    if (char* const kept = strdup(entry.c_str())) putenv(kept);
}

/// `to` becomes `from`, or /dev/null if that is not open.
void replace_descriptor(unique_fd const& from, int to) {
  if (from) {
    check(dup2(from.get(), to) < 0, "dup2");
    return;
  }
  unique_fd const null(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (null) check(dup2(null.get(), to) < 0, "dup2");
}

/// Takes over what the parent has told.
void become(child_description self) {
  prctl(PR_SET_NAME, self.name.substr(0, 15).c_str());
  set_environment(self.environment);
  umask(static_cast<mode_t>(self.umask));
  if (self.fds[0]) static_cast<void>(!fchdir(self.fds[0].get()));
  replace_descriptor({}, STDIN_FILENO);
  replace_descriptor(self.fds[1], STDOUT_FILENO);
  replace_descriptor(self.fds[2], STDERR_FILENO);
  limit(RLIMIT_AS, self.limits.memory, "setrlimit RLIMIT_AS");
  limit(RLIMIT_CPU, static_cast<std::uint64_t>(self.limits.cpu_time.count()), "setrlimit RLIMIT_CPU");
  limit(RLIMIT_NPROC, self.limits.processes, "setrlimit RLIMIT_NPROC");
}

int call_main(zygote_protocol::request const& r, std::span<std::byte const> inlined, std::span<unique_fd> descriptors) noexcept {
  std::string name = "a child process";
  try {
    arrived_message self(r.self, inlined, descriptors);
    arrived_message arguments(r.arguments, inlined, descriptors);
    child_description told = read_description(self.reader());
    name = told.name;
    code_address const main = told.main;
    become(std::move(told));
    trace_throws();
    return main.resolve<int(message_reader&)>()(arguments.reader());
  } catch (...) {
    remote_error const e = remote_error::current();
    std::string text = "unhandled exception in process '" + name + "' (" + std::to_string(getpid()) + "): " + e.what();
    if (!e.traceback().empty())
      text += '\n' + std::string(e.traceback().substr(0, e.traceback().size() - 1));  // without its last end of line
    report(text);
    return 1;
  }
}

}  // namespace

void run_as_child(zygote_protocol::request const& r, std::span<std::byte const> inlined, std::vector<unique_fd> descriptors,
                  int zygote) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != zygote) _exit(1);  // it died before that
  reset_signals();
  int const code = call_main(r, inlined, descriptors);
  std::cout.flush();
  std::clog.flush();
  std::fflush(nullptr);
  _exit(code);  // what exit would do is for the program's main process to do
}

}  // namespace halka::detail
