// SPDX-License-Identifier: MIT
// Tasks whose operations all happen at once, so that none of them can be given up.
#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"

#include <halka/io/ops/read.hpp>
#include <halka/io/ops/write.hpp>
#include <halka/io/socket_address.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <functional>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

using attempt = std::function<task<>()>;

task<> repeat(attempt const& once, bool const& enough) {
  while (!enough) co_await once();
}

/// Performs an operation again and again, cancels that, and looks whether it has ended soon.
task<> cancel_endless(attempt const& once) {
  bool enough = false;
  auto endless = spawn(repeat, std::cref(once), std::cref(enough));
  co_await settle();
  endless.cancel();
  co_await settle();
  CHECK(endless.done());
  enough = true;
  co_await wait(std::vector<task_handle<>>(1, endless));
  CHECK(endless.cancelled());
}

}  // namespace

TEST_CASE("a task is cancelled although each of its reads happens", "[io][cancel]") {
  descriptor const zeros(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  run_real([&]() -> task<> {
    char byte = 1;
    attempt const read_one = [&]() -> task<> { co_await io::read(zeros.get(), mutable_buffer(&byte, 1)); };
    co_await cancel_endless(read_one);
  });
}

TEST_CASE("a task is cancelled although each of its writes to a stream is taken", "[io][cancel][stream]") {
  run_real([]() -> task<> {
    stream output{unique_fd(open("/dev/null", O_WRONLY | O_CLOEXEC))};
    attempt const write_some = [&]() -> task<> { co_await output.write("some"); };
    co_await cancel_endless(write_some);
  });
}

TEST_CASE("a task is cancelled although each of its messages is sent", "[io][cancel][datagram]") {
  run_real([]() -> task<> {
    datagram socket{unique_fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))};
    auto const nobody = socket_address::ip("127.0.0.1", 9);
    attempt const send_one = [&]() -> task<> { co_await socket.send_to(const_buffer("one", 3), nobody); };
    co_await cancel_endless(send_one);
  });
}

TEST_CASE("with a cancellation pending no operation begins", "[io][cancel]") {
  pipe_pair const pipe;
  run_real([&]() -> task<> {
    stream output{unique_fd(dup(pipe.write_end.get()))};
    auto const cancelled = [&](attempt const& last) -> task<> {
      auto last_one = spawn([&]() -> task<> {
        current_task().cancel();
        co_await last();
      });
      co_await wait(std::vector<task_handle<>>(1, last_one));
      CHECK(last_one.cancelled());
      CHECK(pipe.read().empty());
    };
    attempt const plain = [&]() -> task<> { co_await io::write(pipe.write_end.get(), const_buffer("plain", 5)); };
    attempt const streamed = [&]() -> task<> { co_await output.write("streamed"); };
    co_await cancelled(plain);
    co_await cancelled(streamed);
  });
}
