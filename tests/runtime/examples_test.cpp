// SPDX-License-Identifier: MIT
// The examples that are no demos and print the same in every run, as demos_test.cpp does with the demos.
#include "../support/performance.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace channels_example {
#include <channels.cpp>
}
namespace crawler_example {
#include <crawler.cpp>
}
namespace producer_consumer_example {
#include <producer_consumer.cpp>
}
namespace rate_limiter_example {
#include <rate_limiter.cpp>
}

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("example: the players' loops end when one of them leaves, and all hits are counted", "[example][channel]") {
  // Real loops, because threads are what it is about.
  CHECK(printed_by([] { halka::run(channels_example::count()); }) == expected("examples/channels"));
}

TEST_CASE("example: the crawler visits every page once and tells which it did not get", "[example][queue]") {
  crawler_example::crawler pretend;
  performance const example(pretend.crawl("/"));
  CHECK(example.printed == expected("examples/crawler"));
  CHECK(example.took == 140ms);
  CHECK(pretend.frontier.statistics().unfinished == 0);
}

TEST_CASE("example: every loaf is sold before the sellers go home", "[example][queue]") {
  performance const example(producer_consumer_example::bakery());
  CHECK(example.printed == expected("examples/producer_consumer"));
  CHECK(example.took == 280ms);
}

TEST_CASE("example: three calls in any 200 ms, in the order of coming", "[example][lock]") {
  performance const example(rate_limiter_example::ten_calls());
  CHECK(example.printed == expected("examples/rate_limiter"));
  CHECK(example.took == 400ms);
}
