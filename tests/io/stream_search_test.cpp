// SPDX-License-Identifier: MIT
#include "../support/fed_stream.hpp"
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("of several separators the one that ends first is taken", "[io][stream]") {
  run_real([]() -> task<> {
    fed_stream l;
    l.feed("a\r\nb\nc--d");
    std::vector<std::string> separators;
    separators.push_back("\r\n");
    separators.push_back("\n");
    separators.push_back("--");
    auto const first = co_await l.s.read_until(separators);
    auto const second = co_await l.s.read_until(separators);
    auto const third = co_await l.s.read_until(separators);
    CHECK(first == "a\r\n");
    CHECK(second == "b\n");
    CHECK(third == "c--");
  });
}

TEST_CASE("a separator beyond the limit is an error that keeps the buffer and tells how far to skip", "[io][stream]") {
  run_real([]() -> task<> {
    fed_stream l({.limit = 3});
    std::size_t skip = 0;
    std::string said;
    l.feed("abcdef;rests");
    try {
      co_await l.s.read_until(";");
    } catch (limit_overrun_error const& e) {
      skip = e.consumed();
      said = e.what();
    }
    CHECK(skip == 6);
    CHECK(said == "the separator is there, but what stands before it is longer than the limit of 3 bytes");
    auto const skipped = co_await l.s.read_exactly(skip);
    CHECK(skipped == "abcdef");

    skip = 0;
    auto const separator = co_await l.s.read(1);
    CHECK(separator == ";");
    try {
      co_await l.s.read_until("##");
    } catch (limit_overrun_error const& e) {
      skip = e.consumed();
    }
    CHECK(skip == 4);  // the last byte may be the first of a separator
    auto const rest = co_await l.s.read(100);
    CHECK(rest == "rests");
  });
}

TEST_CASE("a line beyond the limit is dropped, and the next one is read", "[io][stream]") {
  run_real([]() -> task<> {
    fed_stream l({.limit = 3});
    l.feed("too long\nok\n");
    std::string const thrown = "limit_overrun_error";
    std::string seen;
    try {
      co_await l.s.read_line();
    } catch (limit_overrun_error const&) {
      seen = "limit_overrun_error";
    }
    CHECK(seen == thrown);
    auto const next = co_await l.s.read_line();
    CHECK(next == "ok\n");
    seen.clear();
    l.feed("no end in sight");
    try {
      co_await l.s.read_line();
    } catch (limit_overrun_error const&) {
      seen = "limit_overrun_error";
    }
    CHECK(seen == thrown);
    CHECK(l.s.statistics().buffered == 0);
  });
}
