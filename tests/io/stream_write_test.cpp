// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/error_of.hpp"
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/socket.h>
#include <unistd.h>
#include <string>
#include <system_error>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// More than a socket holds.
std::string const large(4'000'000, 'L');

task<> write_string(stream& s, std::string text) { co_await s.write(text); }

}  // namespace

TEST_CASE("a write suspends until the other end has taken enough", "[io][stream]") {
  run_real([]() -> task<> {
    auto [a, b] = make_stream_pair();
    auto writing = spawn(write_string, std::ref(a), large);
    co_await settle();
    CHECK_FALSE(writing.done());
    auto const got = co_await b.read_exactly(large.size());
    CHECK((got == large));
    co_await writing;
  });
}

TEST_CASE("writes of several tasks come out whole and in the order in which they were begun", "[io][stream]") {
  run_real([]() -> task<> {
    auto [a, b] = make_stream_pair();
    std::vector<task_handle<>> writers;
    std::string expected;
    for (int i = 0; i < 20; ++i) {
      std::string const text = std::string(static_cast<std::size_t>(i % 3 == 0 ? 500'000 : 10), static_cast<char>('a' + i));
      expected += text;
      writers.push_back(spawn(write_string, std::ref(a), text));
    }
    co_await settle();
    CHECK(a.statistics().waiting_writers == 19);
    auto const got = co_await b.read_exactly(expected.size());
    CHECK((got == expected));
    co_await gather(writers);
    CHECK(a.statistics().waiting_writers == 0);
  });
}

TEST_CASE("several buffers are sent one behind the other", "[io][stream]") {
  run_real([]() -> task<> {
    auto [a, b] = make_stream_pair();
    std::string const second = "second";
    std::vector<unsigned char> const third(3, 'x');
    co_await a.write("first ", "", second, third);
    std::vector<const_buffer> list;
    for (int i = 0; i < 3000; ++i) list.push_back("ab");
    list.push_back(large);
    auto writing = spawn([&]() -> task<> { co_await a.write(list); });
    auto const got = co_await b.read_exactly(15 + 6000);
    CHECK(got.substr(0, 19) == "first secondxxxabab");
    auto const rest = co_await b.read_exactly(large.size());
    CHECK((rest == large));
    co_await writing;
    co_await a.write("");
    co_await a.write(std::span<const_buffer const>());
    CHECK(list.front().size() == 2);  // the caller's list is not changed
  });
}

TEST_CASE("several buffers go into a pipe too", "[io][stream]") {
  run_real([]() -> task<> {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    stream out{unique_fd(ends[0])};
    stream in{unique_fd(ends[1])};
    auto writing = spawn([&]() -> task<> {
      co_await in.write("a", large, "b");
      co_await in.write_eof();
    });
    auto const got = co_await out.read_all();
    CHECK(got.size() == large.size() + 2);
    CHECK(got.front() == 'a');
    CHECK(got.back() == 'b');
    co_await writing;
    CHECK_FALSE(in.is_open());  // a pipe ends with its descriptor
  });
}

TEST_CASE("a peer that has gone is an error of the write that meets it and of every later one", "[io][stream]") {
  run_real([]() -> task<> {
    auto [a, b] = make_stream_pair();
    auto writing = spawn(write_string, std::ref(a), large);
    auto waiting = spawn(write_string, std::ref(a), "behind it");
    co_await settle();
    b.close();
    std::vector<task_handle<>> const both{writing, waiting};
    co_await wait(both);
    for (auto const& w : both) CHECK(describe(w.exception()).find("write to ") != std::string::npos);
    auto const later = co_await error_of([&]() -> task<> { co_await a.write("x"); }());
    CHECK(later.find("Broken pipe") != std::string::npos);
  });
}

TEST_CASE("the end of output comes behind all writes, and reading goes on", "[io][stream]") {
  run_real([]() -> task<> {
    auto [a, b] = make_stream_pair();
    auto first = spawn(write_string, std::ref(a), large);
    auto second = spawn(write_string, std::ref(a), "last words");
    co_await settle();
    a.write_eof();
    a.write_eof();
    auto const refused = co_await error_of([&]() -> task<> { co_await a.write("too late"); }());
    CHECK(refused.find("Broken pipe") != std::string::npos);
    auto const got = co_await b.read_all();
    CHECK(got.size() == large.size() + 10);
    CHECK(got.ends_with("last words"));
    co_await gather(std::move(first), std::move(second));
    co_await a.write_eof();
    co_await b.write("answer");
    auto const answer = co_await a.read(100);
    CHECK(answer == "answer");
  });
}

TEST_CASE("a write that is cancelled before anything was sent did not happen", "[io][stream][cancel]") {
  run_real([]() -> task<> {
    auto [a, b] = make_stream_pair();
    auto first = spawn(write_string, std::ref(a), large);
    auto second = spawn(write_string, std::ref(a), "never");
    auto third = spawn(write_string, std::ref(a), "third");
    co_await settle();
    second.cancel();
    co_await settle();
    CHECK(second.cancelled());
    auto const got = co_await b.read_exactly(large.size() + 5);
    CHECK(got.ends_with("Lthird"));
    co_await gather(std::move(first), std::move(third));
  });
}

TEST_CASE("the rest of a write that was cancelled half way is sent before anything else", "[io][stream][cancel]") {
  run_real([]() -> task<> {
    auto [a, b] = make_stream_pair();
    auto first = spawn(write_string, std::ref(a), large);
    auto second = spawn(write_string, std::ref(a), "second");
    co_await settle();
    first.cancel();
    co_await wait(std::vector<task_handle<>>(1, first));
    CHECK(first.cancelled());
    CHECK(a.statistics().unsent > 0);
    CHECK_FALSE(second.done());
    auto const got = co_await b.read_exactly(large.size() + 6);
    CHECK(got == large + "second");
    co_await second;
    CHECK(a.statistics().unsent == 0);
    CHECK(a.statistics().bytes_sent == large.size() + 6);
  });
}

TEST_CASE("a stream that is closed sends the rest of a cancelled write first", "[io][stream][cancel]") {
  std::size_t const before = open_descriptors();
  run_real([]() -> task<> {
    auto [a, b] = make_stream_pair();
    auto first = spawn(write_string, std::ref(a), large);
    co_await settle();
    first.cancel();
    co_await wait(std::vector<task_handle<>>(1, first));
    auto closing = spawn([&]() -> task<> { co_await a.close(); });
    co_await settle();
    CHECK_FALSE(closing.done());
    CHECK_FALSE(a.is_open());
    auto const got = co_await b.read_all();
    CHECK(got.size() == large.size());
    co_await closing;
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("the rest of a cancelled write is given up by abort, and when the loop ends", "[io][stream][cancel]") {
  std::size_t const before = open_descriptors();
  for (bool const aborted : {true, false}) {
    run_real([&]() -> task<> {
      auto [a, b] = make_stream_pair();
      auto first = spawn(write_string, std::ref(a), large);
      co_await settle();
      first.cancel();
      co_await wait(std::vector<task_handle<>>(1, first));
      CHECK(a.statistics().unsent > 0);
      if (aborted) {
        a.abort();
        auto const got = co_await b.read_all();
        CHECK(got.size() < large.size());
      }
    });
    CHECK(open_descriptors() == before);
  }
}

TEST_CASE("a write into nobody's pipe is an error, not the end of the process", "[io][stream]") {
  run_real([]() -> task<> {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    stream in{unique_fd(ends[1])};
    ::close(ends[0]);
    auto const said = co_await error_of([&]() -> task<> { co_await in.write("x"); }());
    CHECK(said == "write to fd " + std::to_string(in.fd()) + ": Broken pipe");
  });
}
