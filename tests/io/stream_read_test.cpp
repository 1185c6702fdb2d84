// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/fed_stream.hpp"
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <string>
#include <system_error>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

std::string numbered(std::size_t n) {
  std::string text;
  text.reserve(n + 8);
  for (std::size_t i = 0; text.size() < n; ++i) text += std::to_string(i) + ' ';
  text.resize(n);
  return text;
}

task<> write_whole(stream& s, std::string const& text) {
  co_await s.write(text);
  s.write_eof();
}

}  // namespace

TEST_CASE("read gives what has arrived and not more than was asked for", "[io][stream]") {
  run_real([]() -> task<> {
    fed_stream l;
    l.feed("hello");
    auto const first = co_await l.s.read(3);
    CHECK(first == "hel");
    auto const rest = co_await l.s.read(100);
    CHECK(rest == "lo");
    auto waiting = spawn([&]() -> task<std::string> { co_return co_await l.s.read(100); });
    co_await settle();
    CHECK_FALSE(waiting.done());
    l.feed("later");
    auto const later = co_await waiting;
    CHECK(later == "later");
    l.end();
    for (int i = 0; i < 3; ++i) {
      auto const nothing = co_await l.s.read(100);
      CHECK(nothing.empty());
    }
    CHECK(l.s.at_eof());
  });
}

TEST_CASE("read_some reads into the caller's memory, first what the buffer of the stream holds", "[io][stream]") {
  run_real([]() -> task<> {
    fed_stream l;
    l.feed("one\ntwo");
    auto const one = co_await l.s.read_line();
    CHECK(one == "one\n");
    std::array<char, 2> memory{};
    auto const first = co_await l.s.read_some(memory);
    CHECK(std::string(memory.data(), first) == "tw");
    std::vector<std::byte> bytes(10);
    auto const second = co_await l.s.read_some(bytes);
    CHECK(second == 1);
    l.feed("xyz");
    auto const third = co_await l.s.read_some(bytes);
    CHECK(third == 3);
    l.end();
    auto const end = co_await l.s.read_some(bytes);
    CHECK(end == 0);
  });
}

TEST_CASE("ten million bytes arrive whole by every way of reading", "[io][stream]") {
  std::string const sent = numbered(10'000'000);
  int way = 0;
  for (way = 0; way < 5; ++way) {
    INFO("way " << way);
    run_real([&]() -> task<> {
      auto [a, b] = make_stream_pair({.limit = 1 << 20});
      auto writing = spawn(write_whole, std::ref(a), std::cref(sent));
      std::string got;
      if (way == 0) {
        got = co_await b.read_all();
      } else if (way == 1) {
        got = co_await b.read_exactly(sent.size());
      } else if (way == 2) {
        for (std::string part = co_await b.read(100'000); !part.empty();) {
          got += part;
          part = co_await b.read(100'000);
        }
      } else if (way == 3) {
        std::vector<char> memory(30'000);
        for (std::size_t n = co_await b.read_some(memory); n > 0;) {
          got.append(memory.data(), n);
          n = co_await b.read_some(memory);
        }
      } else {
        while (got.size() < 9'000'000) got += co_await b.read_until(" ");
        got += co_await b.read_all();
      }
      CHECK((got == sent));
      co_await writing;
      CHECK(b.statistics().bytes_received == sent.size());
      CHECK(a.statistics().bytes_sent == sent.size());
    });
  }
}

TEST_CASE("lines come one after another, the last without a break", "[io][stream]") {
  run_real([]() -> task<> {
    fed_stream l;
    l.feed("one\n\nthree");
    l.end();
    trace log;
    auto lines = l.s.lines();
    while (auto text = co_await lines.next()) log.push_back(*text);
    CHECK(log == trace{"one\n", "\n", "three"});
  });
}

TEST_CASE("an error of the connection is thrown by the read that met it and by every later one", "[io][stream]") {
  run_real([]() -> task<> {
    fed_stream l;
    l.feed("abc");
    int kinds = 0;
    // A peer that closes with unread bytes resets the connection.
    co_await l.s.write("unread");
    l.end();
    auto const first = co_await l.s.read(100);
    CHECK(first == "abc");
    for (int i = 0; i < 2; ++i) {
      try {
        co_await l.s.read(100);
      } catch (std::system_error const& e) {
        kinds += e.code() == std::errc::connection_reset && std::string(e.what()).starts_with("read from ");
      }
    }
    CHECK(kinds == 2);
  });
}

TEST_CASE("a second reader is refused, and the first goes on", "[io][stream]") {
  run_real([]() -> task<> {
    fed_stream l;
    auto first = spawn([&]() -> task<std::string> { co_return co_await l.s.read(10); });
    co_await settle();
    std::string said;
    try {
      co_await l.s.read_line();
    } catch (std::logic_error const& e) {
      said = e.what();
    }
    CHECK(said.ends_with("another task is reading from it already"));
    l.feed("x");
    auto const got = co_await first;
    CHECK(got == "x");
  });
}

TEST_CASE("reads that find their bytes in the buffer let other tasks run now and then", "[io][stream]") {
  run_real([]() -> task<> {
    fed_stream l;
    l.feed(std::string(20'000, 'x'));
    bool ran = false;
    auto other = spawn([&]() -> task<> {
      ran = true;
      co_return;
    });
    auto const first = co_await l.s.read_exactly(10'000);
    int reads = 0;
    for (; !ran && reads < 5000; ++reads) co_await l.s.read(1);
    CHECK(ran);
    CHECK(first.size() == 10'000);
    co_await other;
  });
}

TEST_CASE("a second reader of a pipe is refused by every way of reading, and does not disturb the first", "[io][stream]") {
  run_real([]() -> task<> {
    pipe_pair pipe;
    stream s(unique_fd(dup(pipe.read_end.get())));
    auto reading = spawn([&]() -> task<std::string> { return s.read_line(); });
    co_await settle();
    std::size_t refused = 0;
    for (int way = 0; way < 6; ++way) {
      try {
        if (way == 0) co_await s.read(10);
        if (way == 1) co_await s.read_exactly(0);
        if (way == 2) co_await s.read_exactly(100'000);
        if (way == 3) co_await s.read_until("x");
        if (way == 4) co_await s.read_line();
        if (way == 5) co_await s.read_all();
      } catch (std::logic_error const&) {
        ++refused;
      }
    }
    CHECK(refused == 6);
    pipe.write("a line\n");
    std::string const line = co_await reading;
    CHECK(line == "a line\n");
  });
}

TEST_CASE("bytes come out of a pipe, and the end when its writer has gone", "[io][stream]") {
  run_real([]() -> task<> {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    stream out{unique_fd(ends[0])};
    stream in{unique_fd(ends[1])};
    std::string const text = numbered(300'000);
    auto writing = spawn([&]() -> task<> {
      co_await in.write(text);
      in.close();
    });
    auto const got = co_await out.read_all();
    CHECK((got == text));
    co_await writing;
  });
}

TEST_CASE("hundreds of connections receive at the same time, more than there are buffers to lend", "[io][stream]") {
  constexpr std::size_t count = 400;
  raise_descriptor_limit(2 * count + 100);
  run_real([]() -> task<> {
    std::vector<fed_stream> lines(count);
    std::vector<task_handle<std::string>> readers;
    for (fed_stream& l : lines)
      readers.push_back(spawn([](stream& s) -> task<std::string> { co_return co_await s.read(100); }, std::ref(l.s)));
    co_await settle();
    for (std::size_t i = 0; i < count; ++i) lines[i].feed(std::to_string(i));
    auto const got = co_await gather(readers);
    bool right = true;
    for (std::size_t i = 0; i < count; ++i) right = right && got[i] == std::to_string(i);
    CHECK(right);
    for (std::size_t i = 0; i < count; ++i) lines[i].feed("again");
    for (std::size_t i = 0; i < count; ++i) {
      auto const text = co_await lines[i].s.read(100);
      right = right && text == "again";
    }
    CHECK(right);
  });
}

TEST_CASE("a stream is made over what holds bytes only", "[io][stream]") {
  run_real([]() -> task<> {
    std::string said;
    try {
      stream s(unique_fd(::open("/", O_RDONLY | O_CLOEXEC)));
    } catch (std::system_error const& e) {
      said = e.what();
    }
    CHECK(said.find("Is a directory") != std::string::npos);
    stream none;
    CHECK_FALSE(none.is_open());
    try {
      co_await none.read(1);
    } catch (std::system_error const& e) {
      said = e.what();
    }
    CHECK(said == "read from no stream: Bad file descriptor");
  });
}
