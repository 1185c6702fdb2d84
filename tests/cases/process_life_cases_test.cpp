// SPDX-License-Identifier: MIT
#include "../support/captured_output.hpp"
#include "../support/children.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <poll.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

void wait_for_ever() {
  while (true) pause();
}

}  // namespace

TEST_CASE("a process: start, join, exit codes, terminate, kill, daemon, close", "[case][PROC-11]") {
  start_zygote();
  run_clean([]() -> task<> {
    process returns([] {});
    returns.start();
    int code = co_await returns.join();
    CHECK(code == 0);
    CHECK_FALSE(returns.is_alive());

    process exits([](int n) { std::exit(n); }, 3);
    exits.start();
    code = co_await exits.join();
    CHECK(code == 3);

    std::string trace;
    {
      captured_output const errors(2);
      process throws([] { throw std::runtime_error("no luck"); });
      throws.start();
      code = co_await throws.join();
      trace = errors.text();
    }
    CHECK(code == 1);
    CHECK_THAT(trace, ContainsSubstring("std::runtime_error: no luck\n"));
    if (!detail::sanitized) CHECK_THAT(trace, ContainsSubstring("\n  at "));

    process terminated(wait_for_ever);
    terminated.start();
    CHECK(terminated.terminate());
    code = co_await terminated.join();
    CHECK(code == -SIGTERM);

    process killed(wait_for_ever);
    killed.start();
    CHECK_FALSE(killed.join_blocking_for(0s));
    CHECK(killed.is_alive());
    bool refused = false;
    try {
      killed.start();
    } catch (std::logic_error const&) {
      refused = true;
    }
    CHECK(refused);
    refused = false;
    try {
      killed.close();
    } catch (std::logic_error const& e) {
      refused = std::string(e.what()).find("still runs: join it, or kill it, before it is closed") != std::string::npos;
    }
    CHECK(refused);
    pollfd sentinel{killed.sentinel(), POLLIN, 0};
    CHECK(poll(&sentinel, 1, 0) == 0);
    CHECK(killed.kill());
    CHECK(poll(&sentinel, 1, -1) == 1);
    CHECK(killed.join_blocking() == -SIGKILL);
    killed.close();
    CHECK(killed.pid() == -1);
  });
}

TEST_CASE("30 processes at once all join", "[case][PROC-11]") {
  start_zygote();
  run_clean([]() -> task<> {
    std::vector<process> all;
    for (int i = 0; i < 30; ++i) all.emplace_back([](int n) { std::exit(n); }, i);
    for (process& p : all) p.start();
    for (int i = 0; i < 30; ++i) {
      int const code = co_await all[static_cast<std::size_t>(i)].join();
      CHECK(code == i);
    }
  });
}
