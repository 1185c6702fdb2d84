// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> wait_readable(int fd, trace& log, std::string name) {
  co_await readable(fd);
  log.push_back(std::move(name));
}

task<> wait_writable(int fd, trace& log, std::string name) {
  co_await writable(fd);
  log.push_back(std::move(name));
}

/// The error that awaiting the readiness of a descriptor ends with.
task<std::system_error> failure_of(readiness_operation wait) {
  try {
    co_await std::move(wait);
  } catch (std::system_error const& e) {
    co_return e;
  }
  throw std::logic_error("it did not fail");
}

}  // namespace

TEST_CASE("readable suspends until a pipe has data", "[io][readiness]") {
  pipe_pair p;
  trace log;
  run_real([&]() -> task<> {
    auto reader = spawn(wait_readable, p.read_end.get(), std::ref(log), "readable");
    co_await settle();
    log.push_back("written");
    p.write("x");
    co_await reader;
  });
  CHECK(log == trace{"written", "readable"});
}

TEST_CASE("readable returns at once for data that is there, and again until it is read", "[io][readiness]") {
  pipe_pair p;
  p.write("xy");
  run_real([&]() -> task<> {
    for (int i = 0; i < 3; ++i) co_await readable(p.read_end.get());
    auto const data = p.read();
    CHECK(data == "xy");
  });
}

TEST_CASE("a pipe whose writer is gone is readable, and one whose reader is gone is writable", "[io][readiness]") {
  pipe_pair without_writer;
  pipe_pair without_reader;
  std::signal(SIGPIPE, SIG_IGN);
  run_real([&]() -> task<> {
    trace log;
    auto reader = spawn(wait_readable, without_writer.read_end.get(), std::ref(log), "end");
    co_await settle();
    CHECK(log.empty());
    without_writer.write_end.close();
    co_await reader;
    auto const data = without_writer.read();
    CHECK(data.empty());

    without_reader.fill();
    auto writer = spawn(wait_writable, without_reader.write_end.get(), std::ref(log), "broken");
    co_await settle();
    CHECK_FALSE(writer.done());
    without_reader.read_end.close();
    co_await writer;
    auto const written = ::write(without_reader.write_end.get(), "x", 1);
    CHECK(written == -1);
  });
}

TEST_CASE("writable suspends until a full pipe has room", "[io][readiness]") {
  pipe_pair p;
  p.fill();
  trace log;
  run_real([&]() -> task<> {
    auto writer = spawn(wait_writable, p.write_end.get(), std::ref(log), "writable");
    co_await settle();
    log.push_back("emptied");
    p.drain();
    co_await writer;
  });
  CHECK(log == trace{"emptied", "writable"});
}

TEST_CASE("both directions of one socket are waited for at the same time", "[io][readiness]") {
  socket_pair s;
  trace log;
  run_real([&]() -> task<> {
    auto reader = spawn(wait_readable, s.first.get(), std::ref(log), "readable");
    auto writer = spawn(wait_writable, s.first.get(), std::ref(log), "writable");
    co_await writer;
    log.push_back("sending");
    auto const sent = ::send(s.second.get(), "x", 1, 0);
    CHECK(sent == 1);
    co_await reader;
  });
  CHECK(log == trace{"writable", "sending", "readable"});
}

TEST_CASE("a socket whose peer has shut down is readable", "[io][readiness]") {
  socket_pair s;
  run_real([&]() -> task<> {
    trace log;
    auto reader = spawn(wait_readable, s.first.get(), std::ref(log), "end");
    co_await settle();
    CHECK_FALSE(reader.done());
    ::shutdown(s.second.get(), SHUT_WR);
    co_await reader;
  });
}

TEST_CASE("every task that waits for one descriptor is told", "[io][readiness]") {
  descriptor event(eventfd(0, EFD_CLOEXEC));
  trace log;
  run_real([&]() -> task<> {
    std::vector<task_handle<>> waiting;
    for (int i = 0; i < 3; ++i) waiting.push_back(spawn(wait_readable, event.get(), std::ref(log), "told"));
    co_await settle();
    eventfd_write(event.get(), 1);
    co_await gather(waiting);
  });
  CHECK(log == trace{"told", "told", "told"});
}

TEST_CASE("a cancelled wait for readiness throws and loses nothing", "[io][readiness][cancel]") {
  pipe_pair p;
  run_real([&]() -> task<> {
    trace log;
    auto reader = spawn(wait_readable, p.read_end.get(), std::ref(log), "readable");
    co_await settle();
    reader.cancel("enough");
    std::string reason;
    try {
      co_await reader;
    } catch (cancelled_error const& e) {
      reason = e.reason();
    }
    CHECK(reason == "enough");
    p.write("x");
    co_await readable(p.read_end.get());
  });
}

TEST_CASE("a wait for readiness is cancelled in the pass in which it began, and before it begins", "[io][readiness][cancel]") {
  pipe_pair p;
  trace log;
  run_real([&]() -> task<> {
    auto reader = spawn(wait_readable, p.read_end.get(), std::ref(log), "readable");
    co_await yield_now();  // its operation is queued, the kernel has not seen it
    reader.cancel();
    co_await wait(std::vector<task_handle<>>(1, reader));
    CHECK(reader.cancelled());

    auto itself = spawn([&]() -> task<> {
      current_task().cancel();
      co_await readable(p.read_end.get());
    });
    co_await wait(std::vector<task_handle<>>(1, itself));
    CHECK(itself.cancelled());
  });
  CHECK(log.empty());
}

TEST_CASE("a wait that became ready together with its cancellation is cancelled, and the data stays", "[io][readiness][cancel]") {
  pipe_pair p;
  p.write("x");
  run_real([&]() -> task<> {
    trace log;
    auto reader = spawn(wait_readable, p.read_end.get(), std::ref(log), "readable");
    co_await yield_now();  // its operation is queued; the kernel completes it before it sees the cancellation
    reader.cancel();
    co_await wait(std::vector<task_handle<>>(1, reader));
    CHECK(reader.cancelled());
    CHECK(reader.cancelling() == 1);
    auto const data = p.read();
    CHECK(data == "x");
  });
}

TEST_CASE("a deadline ends a wait for readiness", "[io][readiness][cancel]") {
  pipe_pair p;
  std::string const thrown =
      kind_thrown([&] { run_real([&]() -> task<> { co_await wait_for(readable(p.read_end.get()), 1ms); }); });
  CHECK(thrown == "timeout_error");
}

TEST_CASE("waiting for a closed descriptor fails with its number", "[io][readiness]") {
  pipe_pair p;
  run_real([&]() -> task<> {
    int const closed = p.read_end.get();
    p.read_end.close();
    auto const r = co_await failure_of(readable(closed));
    CHECK(r.code() == std::errc::bad_file_descriptor);
    CHECK(std::string(r.what()).find("fd " + std::to_string(closed)) != std::string::npos);
    CHECK(std::string(r.what()).find("Bad file descriptor") != std::string::npos);
    auto const w = co_await failure_of(writable(-1));
    CHECK(w.code() == std::errc::bad_file_descriptor);
    CHECK(std::string(w.what()).find("fd -1") != std::string::npos);
  });
}

TEST_CASE("a thousand pipes are waited for at the same time", "[io][readiness]") {
  constexpr std::size_t count = 1000;
  raise_descriptor_limit(2 * count + 100);
  std::vector<pipe_pair> pipes(count);
  trace log;
  run_real([&]() -> task<> {
    std::vector<task_handle<>> waiting;
    for (std::size_t i = 0; i < count; ++i)
      waiting.push_back(spawn(wait_readable, pipes[i].read_end.get(), std::ref(log), std::to_string(i)));
    co_await settle();
    CHECK(log.empty());
    for (std::size_t i = 0; i < count; i += 2) pipes[i].write("x");
    for (std::size_t i = 1; i < count; i += 2) waiting[i].cancel();
    co_await gather(return_exceptions, waiting);
    std::size_t cancelled = 0;
    for (auto const& w : waiting) cancelled += w.cancelled();
    CHECK(cancelled == count / 2);
  });
  CHECK(log.size() == count / 2);
}

namespace {

/// Sleeps on nothing.
struct deaf_poller final : poller {
  deaf_poller() : poller("deaf poller") {}
  void attach(event_loop&) override {}
  void poll() override {}
  void wait(clock::time_point) override {}
  void wake() noexcept override {}
  void drain() override {}
  void watch(int, direction, std::function<void()>) override {}
  bool unwatch(int, direction) override { return false; }
  void watch_signal(int, std::function<void()>&&) override {}
  bool unwatch_signal(int) override { return false; }
  void nudged() override {}
};

}  // namespace

TEST_CASE("readiness needs a loop that meets the kernel", "[io][readiness]") {
  pipe_pair p;
  std::string said;
  runner r(std::make_unique<deaf_poller>());
  r.run([&]() -> task<> {
    try {
      co_await readable(p.read_end.get());
    } catch (std::logic_error const& e) {
      said = e.what();
    }
  });
  CHECK(said == "this loop runs on 'deaf poller', which performs no input and output");
}
