// SPDX-License-Identifier: MIT
#include "../../support/child_process.hpp"

#include <halka/runtime/child/zygote.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <sys/resource.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

/// What it was told when it ended; none if it could not be told.
std::optional<int> status_of(started_child const& child) {
  int status = 0;
  ssize_t const got = read(child.status.get(), &status, sizeof status);
  return got == sizeof status ? std::optional(status) : std::nullopt;
}

/// Takes all descriptors that this process may have, but `left`.
class no_descriptors {
 public:
  explicit no_descriptors(unsigned left) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 100;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int fd; (fd = dup(0)) >= 0;) taken_.push_back(fd);
    for (; left > 0; --left) {
      close(taken_.back());
      taken_.pop_back();
    }
  }
  ~no_descriptors() {
    for (int const fd : taken_) close(fd);
  }

 private:
  std::vector<int> taken_;
};

}  // namespace

TEST_CASE("processes can be started while this program ignores the ends of children", "[zygote]") {
  child_end const end = in_child([] {
    std::signal(SIGCHLD, SIG_IGN);
    started_child const child = zygote::common().start({.main = [](message_reader&) { return 3; }});
    return status_of(child) == 3 ? 0 : 1;
  });
  INFO(end.error_output);
  CHECK(end.exit_code == 0);
}

TEST_CASE("with too few descriptors left starting fails with a text that says so, and works later", "[zygote]") {
  bool const known = GENERATE(true, false);  // whether there is a zygote already
  child_end const end = in_child([known] {
    auto const start_one = [] { return zygote::common().start({.main = [](message_reader&) { return 5; }, .name = "squarer"}); };
    if (known && status_of(start_one()) != 5) return 1;
    bool refused = false;
    for (unsigned left = 0; left < 12; ++left) {
      std::string text = "none";
      {
        no_descriptors const scarce(left);
        try {
          if (status_of(start_one()) != 5) return 2;
        } catch (std::system_error const& e) {
          text = e.what();
          if (e.code() != std::errc::too_many_files_open) text = "another code: " + text;
        }
      }
      std::fprintf(stderr, "%u: %s\n", left, text.c_str());
      refused = refused || text != "none";
      bool const clear = text.starts_with("start a process for squarer: ") && text.ends_with(": Too many open files");
      if (text != "none" && !clear) return 3;
      if (left == 11 && text != "none") return 4;
    }
    return status_of(start_one()) == 5 && refused ? 0 : 5;
  });
  INFO(end.error_output);
  CHECK(end.exit_code == 0);
}
