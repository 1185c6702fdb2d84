// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>
#include <string>

using namespace halka;
using namespace halka::test;

namespace {

/// Feeds in a task of its own: the pieces arrive one at a time.
task<> feed_pieces(stream& s, std::vector<std::string> pieces) {
  for (std::string const& piece : pieces) {
    co_await s.write(piece);
    co_await settle();
  }
}

std::vector<std::string> pieces(std::string a, std::string b = "", std::string c = "", std::string d = "") {
  std::vector<std::string> all;
  for (std::string& p : {std::ref(a), std::ref(b), std::ref(c), std::ref(d)})
    if (!p.empty()) all.push_back(std::move(p));
  return all;
}

}  // namespace

TEST_CASE("[STR-01] read(n), read to the end, read(0), end of input", "[cases][STR-01]") {
  run_real([]() -> task<> {
    auto [w, r] = make_stream_pair();
    co_await w.write("line1");
    co_await w.write("line2");
    co_await settle();
    auto const five = co_await r.read(5);
    CHECK(five == "line1");
    auto const none = co_await r.read(0);
    CHECK(none.empty());
    auto const rest = co_await r.read_exactly(5);
    CHECK(rest == "line2");

    auto blocked = spawn([&]() -> task<std::string> { co_return co_await r.read(100); });
    co_await settle();
    CHECK_FALSE(blocked.done());
    co_await w.write("x");
    auto const first_byte = co_await blocked;
    CHECK(first_byte == "x");

    co_await w.write("ab");
    co_await w.write("cd");
    w.write_eof();
    auto const all = co_await r.read_all();
    CHECK(all == "abcd");
    auto const after = co_await r.read(10);
    CHECK(after.empty());
    CHECK(r.at_eof());
  });
}

TEST_CASE("[STR-02] read_exactly: enough, short, zero; it ignores the limit", "[cases][STR-02]") {
  run_real([]() -> task<> {
    auto [w, r] = make_stream_pair({.limit = 3});
    co_await w.write("chunk");
    auto const chunk = co_await r.read_exactly(5);
    CHECK(chunk == "chunk");
    co_await w.write("eighteen bytes----");
    w.write_eof();
    std::string partial;
    std::size_t expected = 0;
    try {
      co_await r.read_exactly(36);
    } catch (incomplete_read_error const& e) {
      partial = e.partial();
      expected = e.expected().value_or(0);
    }
    CHECK(partial == "eighteen bytes----");
    CHECK(expected == 36);
    CHECK(r.at_eof());
    auto const zero = co_await r.read_exactly(0);
    CHECK(zero.empty());
  });
}

TEST_CASE("[STR-03] read_until: a separator over several pieces, the end of input, overlap", "[cases][STR-03]") {
  run_real([]() -> task<> {
    auto [w, r] = make_stream_pair();
    auto feeding = spawn(feed_pieces, std::ref(w), pieces("QWEaa", "XYaa", "a"));
    auto const first = co_await r.read_until("aaa");
    CHECK(first == "QWEaaXYaaa");
    co_await feeding;
    feeding = spawn(feed_pieces, std::ref(w), pieces("XXX", "a", "a", "a"));
    auto const second = co_await r.read_until("aaa");
    CHECK(second == "XXXaaa");
    co_await feeding;
    co_await w.write("some dataAA");
    w.write_eof();
    std::string partial;
    bool expected = true;
    try {
      co_await r.read_until("AAA");
    } catch (incomplete_read_error const& e) {
      partial = e.partial();
      expected = e.expected().has_value();
    }
    CHECK(partial == "some dataAA");
    CHECK_FALSE(expected);
    std::string thrown;
    try {
      co_await r.read_until("");
    } catch (std::invalid_argument const& e) {
      thrown = e.what();
    }
    CHECK(thrown == "read_until: a separator must have at least one byte");
  });
}

TEST_CASE("[STR-05] two readers at once are refused; a cancelled read consumes nothing", "[cases][STR-05]") {
  run_real([]() -> task<> {
    auto [w, r] = make_stream_pair();
    auto a = spawn([&]() -> task<> { co_await r.read(1); });
    co_await yield_now();
    co_await yield_now();
    std::string said;
    try {
      co_await r.read_line();
    } catch (std::logic_error const& e) {
      said = e.what();
    }
    CHECK(said.find("another task") != std::string::npos);
    a.cancel();
    co_await settle();
    CHECK(a.cancelled());
    co_await w.write("hello\n");
    auto const line = co_await r.read_line();
    CHECK(line == "hello\n");
  });
}
