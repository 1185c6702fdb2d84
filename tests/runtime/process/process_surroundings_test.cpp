// SPDX-License-Identifier: MIT
#include "../../support/captured_output.hpp"
#include "../../support/told.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <sys/stat.h>
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::Matches;

TEST_CASE("a process gets what this one has now: environment, directory, umask, outputs; and its input is empty", "[process]") {
  told from;
  setenv("HALKA_TEST_NOW", "a value", 1);
  auto const before = std::filesystem::current_path();
  std::filesystem::current_path("/usr");
  mode_t const mask = umask(027);
  std::string out;
  {
    captured_output const captured(1);
    process p(
        [](unique_fd pen) {
          std::printf("printed");  // no end of line: it is written when the process ends, once
          char byte = 0;
          mode_t const m = umask(0);
          tell(pen, std::string(std::getenv("HALKA_TEST_NOW")) + ' ' + std::filesystem::current_path().string() + ' ' +
                        std::to_string(m) + ' ' + std::to_string(read(0, &byte, 1)));
        },
        from.pen());
    p.start();
    CHECK(p.join_blocking() == 0);
    out = captured.text();
  }
  umask(mask);
  std::filesystem::current_path(before);
  unsetenv("HALKA_TEST_NOW");
  CHECK(from.text() == "a value /usr 23 0");
  CHECK(out == "printed");
}

TEST_CASE("what this process has not written yet is not written by others too", "[process]") {
  std::string out;
  {
    captured_output const captured(1);
    std::printf("mine ");
    process p([] { std::printf("its "); });
    p.start();
    CHECK(p.join_blocking() == 0);
    out = captured.text();
  }
  CHECK(out == "its mine ");
}

TEST_CASE("a process has the descriptors that were sent to it and the standard ones, no others", "[process]") {
  pipe_ends const inherited = make_pipe();
  int const loose = dup(inherited.read_end.get());  // not even close-on-exec
  told from;
  process p(
      [](unique_fd pen) {
        std::string list;
        for (auto const& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
          std::error_code gone;  // that of the list itself
          auto const target = std::filesystem::read_symlink(entry.path(), gone).string();
          if (!gone && target.find("/fd") == std::string::npos && std::stoi(entry.path().filename()) > 2) list += target + '\n';
        }
        tell(pen, list);
      },
      from.pen());
  p.start();
  CHECK(p.join_blocking() == 0);
  CHECK_THAT(from.text(), Matches("pipe:\\[[0-9]+\\]\n"));
  close(loose);
}

TEST_CASE("a process with a limit of memory gets no more", "[process][limits]") {
  if (detail::sanitized) SKIP("the sanitizer's own memory is more than any limit");
  told from;
  process glutton(
      {.limits = {.memory = std::uint64_t{256} << 20}},
      [](unique_fd pen) {
        try {
          std::vector<char> const much(std::size_t{1} << 30);
          tell(pen, "got it");
        } catch (std::bad_alloc const&) {
          tell(pen, "no memory");
        }
      },
      from.pen());
  glutton.start();
  CHECK(glutton.join_blocking() == 0);
  CHECK(from.text() == "no memory");
}

TEST_CASE("a process that computes for longer than its limit is killed", "[process][limits]") {
  // Real time: it has to use up its second.
  process busy({.limits = {.cpu_time = 1s}}, [] {
    std::atomic<int> turns = 0;
    while (true) ++turns;
  });
  busy.start();
  CHECK(busy.join_blocking() == -SIGXCPU);
}

TEST_CASE("threads start processes at the same time", "[process][threads]") {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        process p([](int n) { std::exit(n); }, i);
        p.start();
        if (p.join_blocking() == i) ++good;
      }
    });
  for (std::thread& t : threads) t.join();
  CHECK(good == 40);
}

TEST_CASE("Ctrl-C and other signals of this process' group do not reach a process", "[process]") {
  told from;
  process p(
      [](unique_fd pen) { tell(pen, std::to_string(getpgid(0) == getpid()) + std::to_string(getpgid(getppid()) == getppid())); },
      from.pen());
  p.start();
  CHECK(p.join_blocking() == 0);
  CHECK(from.text() == "11");
}
