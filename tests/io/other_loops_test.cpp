// SPDX-License-Identifier: MIT
// Several loops that wait for the same: only one of them gets it, and the others go on.
#include "../support/descriptors.hpp"
#include "../support/files.hpp"
#include "../support/fixture.hpp"

#include <halka/io/ops/accept.hpp>
#include <halka/io/ops/connect.hpp>
#include <halka/io/ops/read.hpp>
#include <halka/io/socket_address.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

constexpr int rounds = detail::sanitized ? 50 : 300;

/// A loop in a thread of its own, which performs `action` again and again and counts it.
class waiting_loop {
 public:
  waiting_loop(std::function<task<>()> action, std::atomic<int>& count)
      : thread_([this, act = std::move(action), &count] {
          halka::run([this, &act, &count]() -> task<> {
            auto waiting = spawn(repeat, std::cref(act), std::ref(count));
            event end;
            end_ = [&end] { end.set(); };
            started_.set_value(&get_running_loop());
            co_await end.wait();
            waiting.cancel();
            co_await wait(std::vector<task_handle<>>(1, waiting));
          });
        }),
        loop_(started_.get_future().get()) {}
  ~waiting_loop() {
    loop_->call_soon_threadsafe([this] { end_(); });
    thread_.join();
  }

  /// Waits until the loop has answered.
  void ask() {
    std::promise<void> answer;
    loop_->call_soon_threadsafe([&answer] { answer.set_value(); });
    answer.get_future().wait();
  }

 private:
  static task<> repeat(std::function<task<>()> const& action, std::atomic<int>& count) {
    while (true) {
      co_await action();
      ++count;
    }
  }

  std::promise<event_loop*> started_;
  std::function<void()> end_;
  std::thread thread_;
  event_loop* loop_;
};

/// Lets three loops wait for the same, brings it again and again, and asks them whether they still answer.
void let_one_be_quicker(std::function<task<>(std::size_t)> const& action, std::function<void()> const& bring) {
  std::atomic<int> count = 0;
  std::array<std::unique_ptr<waiting_loop>, 3> loops;
  for (std::size_t i = 0; i < loops.size(); ++i)
    loops[i] = std::make_unique<waiting_loop>([&action, i] { return action(i); }, count);
  for (int round = 1; round <= rounds; ++round) {
    bring();
    while (count < round) std::this_thread::yield();
    for (auto const& l : loops) l->ask();
  }
  CHECK(count == rounds);
}

task<> accept_one(int listener) { co_await io::accept(listener); }

task<> read_one(int fd) {
  char byte = 0;
  co_await io::read(fd, mutable_buffer(&byte, 1));
}

}  // namespace

TEST_CASE("a connection that another loop took does not block the loops that lost it", "[io][loops]") {
  descriptor const listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto const any = socket_address::ip("127.0.0.1", 0);
  REQUIRE(bind(listener.get(), any.data(), static_cast<socklen_t>(any.size())) == 0);
  REQUIRE(listen(listener.get(), 8) == 0);
  auto const address = socket_address::local_of(listener.get());
  let_one_be_quicker([&](std::size_t) { return accept_one(listener.get()); },
                     [&] {
                       descriptor const client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
                       REQUIRE(connect(client.get(), address.data(), static_cast<socklen_t>(address.size())) == 0);
                     });
  CHECK((fcntl(listener.get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("a byte in a pipe with a name that another loop read does not block the loops that lost it", "[io][loops]") {
  scratch_directory const dir;
  std::string const path = dir / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  descriptor const writer(open(path.c_str(), O_RDWR | O_CLOEXEC));
  std::array<descriptor, 3> readers;
  bool const together = GENERATE(false, true);
  for (descriptor& d : readers) d = descriptor(together ? dup(writer.get()) : open(path.c_str(), O_RDONLY | O_CLOEXEC));
  let_one_be_quicker([&](std::size_t i) { return read_one(readers[i].get()); }, [&] { REQUIRE(write(writer.get(), "x", 1) == 1); });
}
