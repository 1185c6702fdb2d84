// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>

using namespace halka;
using namespace halka::test;

TEST_CASE("every signal has a name that leads back to it", "[io][signal]") {
  CHECK(signal_name(SIGTERM) == "SIGTERM");
  CHECK(signal_name(SIGRTMIN) == "SIGRTMIN");
  CHECK(signal_name(SIGRTMIN + 3) == "SIGRTMIN+3");
  CHECK(signal_name(0) == "signal 0");
  CHECK(signal_name(-5) == "signal -5");
  CHECK(signal_name(1000) == "signal 1000");
  for (int n = 1; n <= SIGRTMAX; ++n)
    if (signal_name(n).starts_with("SIG")) CHECK(signal_number(signal_name(n)) == n);
}

TEST_CASE("a signal is found by its name in every usual spelling, and by nothing else", "[io][signal]") {
  for (char const* name : {"SIGUSR1", "USR1", "usr1", "sigusr1"}) CHECK(signal_number(name) == SIGUSR1);
  CHECK(signal_number("RTMIN+2") == SIGRTMIN + 2);
  for (char const* name : {"", "SIG", "TERMINATE", "9", "RTMIN+", "RTMIN+x", "RTMIN+1x", "RTMIN-1", "RTMIN+1000", "SIGSIGTERM"})
    CHECK(kind_thrown([&] { signal_number(name); }) == "invalid_argument");
}
