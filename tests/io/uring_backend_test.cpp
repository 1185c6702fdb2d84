// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"

#include <halka/io/io_backend.hpp>
#include <halka/io/uring/uring_backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <sys/eventfd.h>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> wait_readable(int fd) { co_await readable(fd); }

/// An operation that counts its completions.
struct counted_operation : io_operation {
  explicit counted_operation(int& count) : io_operation(done), counter(count) {}
  static void done(io_operation& op) { ++static_cast<counted_operation&>(op).counter; }
  int& counter;
};

}  // namespace

TEST_CASE("five thousand operations that begin in one pass all complete", "[io][uring]") {
  constexpr int count = 5000;  // the submission queue has 256 places
  descriptor event(eventfd(1, EFD_CLOEXEC));
  run_real([&]() -> task<> {
    std::vector<task_handle<>> waiting;
    for (int i = 0; i < count; ++i) waiting.push_back(spawn(wait_readable, event.get()));
    co_await gather(std::move(waiting));
  });
}

TEST_CASE("five thousand operations are cancelled in one pass", "[io][uring][cancel]") {
  constexpr int count = 5000;
  descriptor event(eventfd(0, EFD_CLOEXEC));
  run_real([&]() -> task<> {
    std::vector<task_handle<>> waiting;
    for (int i = 0; i < count; ++i) waiting.push_back(spawn(wait_readable, event.get()));
    co_await settle();
    for (auto const& w : waiting) w.cancel();
    co_await wait(waiting);
    int cancelled = 0;
    for (auto const& w : waiting) cancelled += w.cancelled();
    CHECK(cancelled == count);
  });
}

TEST_CASE("more completions than the completion queue holds are all told", "[io][uring]") {
  constexpr int count = 10'000;  // the completion queue has 4096 places
  descriptor event(eventfd(0, EFD_CLOEXEC));
  run_real([&]() -> task<> {
    std::vector<task_handle<>> waiting;
    for (int i = 0; i < count; ++i) waiting.push_back(spawn(wait_readable, event.get()));
    co_await settle();
    eventfd_write(event.get(), 1);
    co_await gather(std::move(waiting));
  });
}

TEST_CASE("a busy loop still sees what completes", "[io][uring]") {
  descriptor event(eventfd(0, EFD_CLOEXEC));
  run_real([&]() -> task<> {
    auto waiting = spawn(wait_readable, event.get());
    co_await yield_now();
    eventfd_write(event.get(), 1);
    int passes = 0;
    while (!waiting.done() && passes < 1000) {
      ++passes;
      co_await yield_now();
    }
    CHECK(waiting.done());
  });
}

TEST_CASE("wake from another thread ends a sleep without a deadline", "[io][uring][thread]") {
  runner r;
  event_loop& loop = r.get_loop();
  std::atomic<bool> begun = false;
  std::jthread const waker([&] {
    while (!begun) std::this_thread::yield();
    // Once the loop sleeps, and whenever that was: it is woken all the same.
    loop.call_soon_threadsafe([&] { loop.stop(); });
  });
  loop.call_soon([&] { begun = true; });
  loop.run_forever();
  CHECK(begun);
}

TEST_CASE("every one of a hundred sleeps is ended by a wake from another thread", "[io][uring][thread]") {
  constexpr int rounds = 100;
  runner r;
  event_loop& loop = r.get_loop();
  std::atomic<int> asked = 0;
  std::atomic<int> answered = 0;
  std::jthread const other([&] {
    for (int i = 1; i <= rounds; ++i) {
      asked = i;
      loop.call_soon_threadsafe([&answered, i] { answered = i; });
      while (answered < i) std::this_thread::yield();
    }
    loop.call_soon_threadsafe([&] { loop.stop(); });
  });
  loop.run_forever();
  CHECK(answered == rounds);
  CHECK(loop.statistics().sleeps > 0);
}

TEST_CASE("wake before the loop sleeps is not lost", "[io][uring][thread]") {
  runner r;
  event_loop& loop = r.get_loop();
  loop.outside().wake();
  loop.call_soon_threadsafe([&] { loop.stop(); });
  loop.run_forever();
  SUCCEED("it ended");
}

TEST_CASE("a deadline ends a wait while operations are in flight", "[io][uring]") {
  descriptor event(eventfd(0, EFD_CLOEXEC));
  run_real([&]() -> task<> {
    auto waiting = spawn(wait_readable, event.get());
    auto const begin = clock::now();
    co_await sleep(2ms);
    CHECK(clock::now() - begin >= 2ms);
    CHECK_FALSE(waiting.done());
    waiting.cancel();
  });
}

TEST_CASE("the end of a loop takes back what is in flight and leaves no descriptor", "[io][uring]") {
  pipe_pair p;
  std::size_t const before = open_descriptors();
  int completed = 0;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::unique_ptr<counted_operation>> operations;
    runner r;
    io_backend& b = io_backend::of(r.get_loop());
    for (int i = 0; i < 300; ++i) {
      auto op = std::make_unique<counted_operation>(completed);
      op->fd = p.read_end.get();
      op->flags = 1;
      b.submit(*op);
      operations.push_back(std::move(op));
    }
    CHECK(open_descriptors() == before + 2);  // the ring and its eventfd
    r.close();
    for (auto const& op : operations) CHECK_FALSE(op->in_flight);
  }
  CHECK(completed == 900);
  CHECK(open_descriptors() == before);
}

TEST_CASE("tasks that wait for readiness at the end of run are cancelled and leave no descriptor", "[io][uring]") {
  captured_reports const reports;
  pipe_pair p;
  std::size_t const before = open_descriptors();
  run_real([&]() -> task<> {
    for (int i = 0; i < 100; ++i) spawn(wait_readable, p.read_end.get());
    co_await settle();
  });
  CHECK(open_descriptors() == before);
  CHECK(reports.count("100 tasks were still running") == 1);
}

TEST_CASE("an operation can be cancelled only once and only in flight", "[io][uring]") {
  pipe_pair p;
  int completed = 0;
  counted_operation op(completed);
  op.fd = p.read_end.get();
  op.flags = 1;
  run_real([&]() -> task<> {
    io_backend& b = io_backend::of(get_running_loop());
    b.cancel(op);  // idle: no effect
    CHECK_FALSE(op.cancel_requested);
    b.submit(op);
    b.cancel(op);
    b.cancel(op);
    co_await settle();
    CHECK(completed == 1);
    CHECK(op.result == -ECANCELED);
    CHECK_FALSE(op.in_flight);
  });
}
