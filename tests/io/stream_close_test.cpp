// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <string>
#include <system_error>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> read_one(stream& s) { co_await s.read(1); }
task<> write_much(stream& s) {
  std::string const much(4'000'000, 'x');
  co_await s.write(much);
}

}  // namespace

TEST_CASE("closing a stream ends those who read and write with an error", "[io][stream]") {
  run_real([]() -> task<> {
    auto [a, b] = make_stream_pair();
    auto reading = spawn(read_one, std::ref(a));
    auto writing = spawn(write_much, std::ref(a));
    auto waiting = spawn(write_much, std::ref(a));
    co_await settle();
    a.close();
    CHECK(a.fd() == -1);
    std::vector<task_handle<>> const all{reading, writing, waiting};
    co_await wait(all);
    for (auto const& t : all) CHECK(describe(t.exception()).find("a closed stream: Bad file descriptor") != std::string::npos);
    a.close();
    co_await a.close();
    std::string said;
    try {
      co_await a.write("x");
    } catch (std::system_error const& e) {
      said = e.what();
    }
    CHECK(said == "write to a closed stream: Bad file descriptor");
  });
}

TEST_CASE("a stream that goes while others use it is closed, and they are told", "[io][stream]") {
  std::size_t const before = open_descriptors();
  run_real([]() -> task<> {
    auto pair = make_stream_pair();
    auto reading = spawn(read_one, std::ref(pair.first));
    co_await settle();
    { stream const taken = std::move(pair.first); }
    co_await wait(std::vector<task_handle<>>(1, reading));
    CHECK(reading.exception());
    auto const end = co_await pair.second.read(1);
    CHECK(end.empty());
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("a stream moves while a task reads from it", "[io][stream]") {
  run_real([]() -> task<> {
    auto [a, b] = make_stream_pair();
    auto reading = spawn([](stream& s) -> task<std::string> { co_return co_await s.read_exactly(3); }, std::ref(a));
    co_await settle();
    stream moved = std::move(a);
    CHECK_FALSE(a.is_open());
    co_await b.write("abc");
    auto const got = co_await reading;
    CHECK(got == "abc");
    a = std::move(moved);
    CHECK(a.is_open());
  });
}

TEST_CASE("an operation that is queued when its stream is closed does not meet the descriptor that follows", "[io][stream]") {
  run_real([]() -> task<> {
    auto [a, b] = make_stream_pair();
    pipe_pair p;
    p.write("of the pipe");
    int const number = a.fd();
    auto reading = spawn(read_one, std::ref(a));
    co_await yield_now();  // its operation is queued, and not handed to the kernel before the next pass
    a.close();
    REQUIRE(dup2(p.read_end.get(), number) == number);
    co_await wait(std::vector<task_handle<>>(1, reading));
    CHECK(reading.exception());
    auto const untouched = p.read();
    CHECK(untouched == "of the pipe");
    ::close(number);
  });
}

TEST_CASE("an aborted connection is reset", "[io][stream]") {
  run_real([]() -> task<> {
    auto [a, b] = make_stream_pair();
    co_await b.write("unread");
    a.abort();
    a.abort();
    std::string said;
    try {
      co_await b.read(1);
    } catch (std::system_error const& e) {
      said = e.what();
    }
    CHECK(said.find("reset") != std::string::npos);
  });
}

TEST_CASE("a reset of which a write was told is no end of input for the read that follows", "[io][stream]") {
  run_real([]() -> task<> {
    stream far;
    event accepted;
    server srv = co_await start_server(
        [&](stream s) -> task<> {
          far = std::move(s);
          accepted.set();
          co_return;
        },
        "127.0.0.1", 0);
    stream near = co_await open_connection("127.0.0.1", srv.port());
    co_await accepted.wait();
    co_await far.write("last");
    far.abort();
    co_await readable(near.fd());
    std::string const last = co_await near.read(100);
    CHECK(last == "last");
    trace said;
    for (int i = 0; i < 3; ++i) {
      try {
        if (i == 0) co_await near.write("lost");
        std::string const text = co_await near.read(1);
        said.push_back("end");
      } catch (std::system_error const& e) {
        said.push_back(e.code() == std::errc::connection_reset ? "reset" : e.what());
      }
    }
    CHECK(said == trace{"reset", "reset", "reset"});
  });
}

TEST_CASE("a cancelled read keeps what arrives in the stream", "[io][stream][cancel]") {
  run_real([]() -> task<> {
    auto [a, b] = make_stream_pair();
    char memory[16];
    for (int way = 0; way < 3; ++way) {
      auto reading = spawn(
          [](stream& s, char* into, int how) -> task<> {
            if (how == 0) co_await s.read(16);
            if (how == 1) co_await s.read_some({into, 16});
            if (how == 2) co_await s.read_exactly(16);
            co_return;
          },
          std::ref(a), memory, way);
      co_await yield_now();
      co_await b.write("kept");  // the read completes in the same look at the kernel as this write
      reading.cancel();
      co_await wait(std::vector<task_handle<>>(1, reading));
      CHECK(reading.cancelled());
      auto const got = co_await a.read_exactly(4);
      CHECK(got == "kept");
    }
  });
}

TEST_CASE("a long read that is cancelled gives all of it back", "[io][stream][cancel]") {
  run_real([]() -> task<> {
    auto [a, b] = make_stream_pair();
    std::string text(200'000, 'a');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 23);
    auto reading = spawn([](stream& s) -> task<> { co_await s.read_exactly(1'000'000); }, std::ref(a));
    co_await b.write(text);
    co_await settle();
    reading.cancel();
    co_await wait(std::vector<task_handle<>>(1, reading));
    CHECK(reading.cancelled());
    auto const got = co_await a.read_exactly(text.size());
    CHECK((got == text));
  });
}

TEST_CASE("a deadline on every read loses no byte", "[io][stream][cancel]") {
  run_real([]() -> task<> {
    auto [a, b] = make_stream_pair();
    auto writing = spawn(
        [](stream& s) -> task<> {
          for (int i = 0; i < 2000; ++i) {
            co_await s.write(std::to_string(i) + ' ');
            if (i % 7 == 0) co_await sleep(50us);
          }
          s.write_eof();
        },
        std::ref(b));
    std::string got;
    int late = 0;
    while (!a.at_eof()) {
      try {
        std::string const part = co_await wait_for(a.read(10), 20us);
        got += part;
      } catch (timeout_error const&) {
        ++late;
      }
    }
    co_await writing;
    std::string expected;
    for (int i = 0; i < 2000; ++i) expected += std::to_string(i) + ' ';
    CHECK(got == expected);
    CHECK(late > 0);
  });
}

TEST_CASE("a descriptor that was never closed is reported in debug mode, with the line that opened it", "[io][stream]") {
  captured_reports const reports;
  std::vector<unique_fd> forgotten;
  runner r({.debug = true});
  r.run([&]() -> task<> {
    forgotten.push_back(unique_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
    unique_fd const closed(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    co_return;
  });
  r.close();
  CHECK(reports.count("was never closed") == 1);
  CHECK(reports.count("(/dev/null), opened at stream_close_test.cpp:") == 1);
}

TEST_CASE("a loop ends although the rest of a cancelled write cannot be sent", "[io][stream][cancel]") {
  std::string const large(4'000'000, 'L');
  std::size_t const before = open_descriptors();
  {
    socket_pair pair;
    std::string taken(4'000'000, '\0');
    run_real([&]() -> task<> {
      stream s{unique_fd(dup(pair.first.get()))};
      pair.first.close();
      auto writing = spawn([&]() -> task<> { co_await s.write(large); });
      co_await settle();
      writing.cancel();
      co_await settle();
      CHECK(s.statistics().unsent > 0);
      // The kernel goes on with the rest, and has sent some of it when the loop ends.
      CHECK(::read(pair.second.get(), taken.data(), taken.size()) > 100'000);
      co_await settle();
    });
  }
  CHECK(open_descriptors() == before);
}
