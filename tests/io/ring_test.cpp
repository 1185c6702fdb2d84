// SPDX-License-Identifier: MIT
#include "../support/child_process.hpp"
#include "../support/fixture.hpp"
#include "../support/io_uring_is_there.hpp"
#include "../support/system_call_filter.hpp"

#include <halka/io/uring/ring.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <string>
#include <system_error>

using namespace halka;
using namespace halka::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

task<> nothing() { co_return; }

/// 0 if a `run` that wants io_uring throws a std::system_error with this errno; its text goes to stderr.
int run_must_fail_with(int error) {
  try {
    halka::run(nothing(), {.backend = backend_kind::io_uring});
  } catch (std::system_error const& e) {
    std::fprintf(stderr, "%s", e.what());
    return e.code() == std::error_code(error, std::system_category()) ? 0 : 1;
  }
  return 2;
}

std::string sysctl_io_uring_disabled() {
  std::string value;
  std::ifstream("/proc/sys/kernel/io_uring_disabled") >> value;
  return value;
}

}  // namespace

TEST_CASE("a refused ring is explained with its cause and a remedy", "[io][uring]") {
  for (int const error : {EPERM, EACCES, ENOSYS, EINVAL, ENOMEM, EMFILE, ENFILE}) {
    std::string const text = explain_setup_error(error);
    CHECK_THAT(text, StartsWith("io_uring cannot be set up: ") && ContainsSubstring("remedy: "));
  }
  CHECK_THAT(explain_setup_error(ENOSYS), ContainsSubstring("CONFIG_IO_URING") && ContainsSubstring("Linux 6.1 or newer"));
  CHECK_THAT(explain_setup_error(EINVAL), ContainsSubstring("this kernel is too old"));
  CHECK_THAT(explain_setup_error(EMFILE), ContainsSubstring("too many open descriptors") && ContainsSubstring("ulimit -n"));
  CHECK(explain_setup_error(ENFILE) == explain_setup_error(EMFILE));
  CHECK(explain_setup_error(EIO) == "io_uring cannot be set up: the kernel answers Input/output error");

  rlimit locked{};
  getrlimit(RLIMIT_MEMLOCK, &locked);
  CHECK_THAT(explain_setup_error(ENOMEM), ContainsSubstring("RLIMIT_MEMLOCK (" + std::to_string(locked.rlim_cur) + " bytes"));

  std::string const disabled = sysctl_io_uring_disabled();
  if (disabled.empty() || disabled == "0")
    CHECK_THAT(explain_setup_error(EPERM), ContainsSubstring("a seccomp filter forbids it"));
  else
    CHECK_THAT(explain_setup_error(EPERM), ContainsSubstring("kernel.io_uring_disabled = " + disabled));
}

TEST_CASE("io_uring that was asked for and is refused is a system_error that explains it", "[io][uring]") {
  for (int const error : {EPERM, ENOSYS, EINVAL, ENOMEM}) {
    child_end const end =
        in_child([error] { return refuse_system_call(SYS_io_uring_setup, error) ? run_must_fail_with(error) : 3; });
    INFO(end.error_output);
    CHECK(end.exit_code == 0);
    CHECK(end.signal == 0);
    CHECK_THAT(end.error_output, StartsWith(explain_setup_error(error)));
  }
}

TEST_CASE("run without a free descriptor throws a system_error that explains it", "[io][uring]") {
  if (!io_uring_is_there()) SKIP("io_uring is refused here");
  child_end const end = in_child([] {
    rlimit const few{3, 3};
    return setrlimit(RLIMIT_NOFILE, &few) == 0 ? run_must_fail_with(EMFILE) : 3;
  });
  INFO(end.error_output);
  CHECK(end.exit_code == 0);
  CHECK_THAT(end.error_output, StartsWith(explain_setup_error(EMFILE)));
}

TEST_CASE("a ring that got no eventfd leaves no descriptor behind", "[io][uring]") {
  if (!io_uring_is_there()) SKIP("io_uring is refused here");
  child_end const end = in_child([] {
    // The ring takes descriptor 3; the eventfd finds none.
    for (int fd = 3; fd < 1024; ++fd) close(fd);
    rlimit const few{4, 4};
    if (setrlimit(RLIMIT_NOFILE, &few) != 0) return 3;
    if (int const code = run_must_fail_with(EMFILE)) return code;
    return close(3) == 0 ? 4 : 0;
  });
  INFO(end.error_output);
  CHECK(end.exit_code == 0);
  CHECK_THAT(end.error_output, StartsWith("eventfd"));
}
