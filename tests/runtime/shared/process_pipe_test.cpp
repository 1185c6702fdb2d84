// SPDX-License-Identifier: MIT
#include "../../support/cancel_everywhere.hpp"
#include "../../support/child_process.hpp"
#include "../../support/descriptors.hpp"
#include "../../support/fixture.hpp"
#include "../../support/forked.hpp"
#include "arguments.hpp"

#include <halka/halka.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>

#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

template <class Pipe>
concept sends = requires(Pipe p) {
  p.send(1);
};
template <class Pipe>
concept receives = requires(Pipe p) {
  p.receive();
};

}  // namespace

TEST_CASE("messages of a process_pipe arrive whole and in order, in both directions", "[process][process_pipe]") {
  auto [a, b] = make_process_pipe<std::string, int>();
  CHECK(a.try_send("one"));
  CHECK(a.try_send(""));
  CHECK(b.try_send(7));
  CHECK(b.try_receive() == "one");
  CHECK(b.try_receive() == "");
  CHECK(b.try_receive() == std::nullopt);
  CHECK(a.receive_blocking() == 7);
  CHECK(a.statistics().sent == 2);
  CHECK(a.statistics().received == 1);
}

TEST_CASE("an end that only sends cannot receive", "[process][process_pipe]") {
  auto [reader, writer] = make_one_way_process_pipe<int>();
  STATIC_CHECK(sends<process_pipe<int>>);
  STATIC_CHECK(receives<process_pipe<int>>);
  STATIC_CHECK(!sends<decltype(reader)>);
  STATIC_CHECK(!receives<decltype(writer)>);
  writer.send_blocking(4);
  CHECK(reader.receive_blocking() == 4);
}

TEST_CASE("a large message arrives without being cut", "[process][process_pipe]") {
  auto [a, b] = make_process_pipe<std::string>();
  for (int const size : {65'000, 64 * 1024 - 8, 64 * 1024 - 7, 100'000, 16 << 20}) {
    std::string const text(static_cast<std::size_t>(size), 'x');
    REQUIRE(a.try_send(text));
    CHECK(b.try_receive() == text);
  }
}

TEST_CASE("the end comes when the other side is closed, after what was sent", "[process][process_pipe]") {
  auto [a, b] = make_process_pipe<int>();
  CHECK_FALSE(b.can_receive());
  a.send_blocking(1);
  b.send_blocking(2);  // is never received
  a.close();
  a.close();
  CHECK(a.is_closed());
  CHECK(b.can_receive());
  CHECK(b.receive_blocking() == 1);
  CHECK(b.can_receive());
  CHECK(b.receive_blocking() == std::nullopt);
  CHECK(b.receive_blocking() == std::nullopt);
  CHECK_THROWS_WITH(b.send_blocking(3), "send to a process_pipe: Broken pipe");
  CHECK_THROWS_AS(a.send_blocking(3), std::logic_error);
  CHECK_THROWS_AS(a.receive(), std::logic_error);
  process_pipe<int> const moved = std::move(b);
  CHECK_THROWS_WITH(b.receive(), ContainsSubstring("moved from"));
}

TEST_CASE("a child answers through a pipe, and its death is the end", "[process][process_pipe]") {
  auto ends = make_process_pipe<std::string>();
  auto& [mine, its] = ends;
  forked child([&] {
    mine.close();
    while (auto text = its.receive_blocking()) {
      if (*text == "die") std::raise(SIGKILL);
      its.send_blocking(*text + "!");
    }
    return 0;
  });
  its.close();
  run_real([&]() -> task<> {
    for (int i = 0; i < 100; ++i) {
      co_await mine.send("text");
      std::optional<std::string> const answer = co_await mine.receive();
      REQUIRE(answer == "text!");
    }
    co_await mine.send("die");
    std::optional<std::string> const end = co_await mine.receive();
    CHECK(end == std::nullopt);
  });
  CHECK(child.wait() == -SIGKILL);
}

TEST_CASE("sending waits while the pipe is full", "[process][process_pipe]") {
  auto ends = make_process_pipe<std::string>();
  auto& [a, b] = ends;
  int sent = 0;
  std::string const text(1000, 'x');
  while (a.try_send(text)) ++sent;
  REQUIRE(sent > 10);
  // A short wait for what does not come: the time is the test.
  CHECK_THROWS_AS(a.send_blocking_for(text, 1ms), timeout_error);
  run_real([&]() -> task<> {
    auto send = [&]() -> task<> {
      for (int i = 0; i < 1000; ++i) co_await a.send(text);
    };
    auto const sending = spawn(send);
    for (int i = 0; i < sent + 1000; ++i) {
      std::optional<std::string> const got = co_await b.receive();
      REQUIRE(got == text);
    }
    co_await sending;
  });
  CHECK(b.try_receive() == std::nullopt);
  CHECK_THROWS_AS(b.receive_blocking_for(1ms), timeout_error);
}

TEST_CASE("descriptors and other ends travel in messages", "[process][process_pipe]") {
  std::size_t const before = open_descriptors();
  {
    auto [a, b] = make_process_pipe<std::pair<std::string, std::vector<unique_fd>>>();
    pipe_pair pipe;
    std::pair<std::string, std::vector<unique_fd>> message;
    message.first.assign(100'000, 'x');  // large: a memfd travels too
    message.second.emplace_back(dup(pipe.write_end.get()));
    message.second.emplace_back(dup(pipe.read_end.get()));
    a.send_blocking(message);
    auto const got = b.receive_blocking();
    REQUIRE(got.has_value());
    CHECK(got->first == message.first);
    REQUIRE(got->second.size() == 2);
    CHECK(write(got->second[0].get(), "hi", 2) == 2);
    CHECK(pipe.read() == "hi");
    CHECK((fcntl(got->second[0].get(), F_GETFD) & FD_CLOEXEC) != 0);

    auto [c, d] = make_process_pipe<process_pipe<int>>();
    auto [e, f] = make_process_pipe<int>();
    c.send_blocking(f);
    f.close();
    auto f_there = d.receive_blocking();
    REQUIRE(f_there.has_value());
    e.send_blocking(5);
    CHECK(f_there->receive_blocking() == 5);
    f_there->close();
    CHECK(e.receive_blocking() == std::nullopt);
    a.send_blocking(message);  // never received
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("a message for whose descriptors there is no place waits", "[process][process_pipe]") {
  auto const child = in_child([] {
    auto [a, b] = make_process_pipe<std::vector<unique_fd>>();
    std::vector<unique_fd> two;
    two.emplace_back(dup(0));
    two.emplace_back(dup(0));
    a.send_blocking(two);
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    rlimit const few{static_cast<rlim_t>(dup(0) + 1), limit.rlim_max};  // one more than are open
    close(static_cast<int>(few.rlim_cur) - 1);
    setrlimit(RLIMIT_NOFILE, &few);
    int told = 0;
    for (int i = 0; i < 3; ++i) try {
        b.receive_blocking();
      } catch (std::system_error const& e) {
        if (std::string(e.what()) == "receive from a process_pipe: Too many open files") ++told;
      }
    setrlimit(RLIMIT_NOFILE, &limit);
    auto const got = b.receive_blocking();
    return told == 3 && got && got->size() == 2 ? 0 : 1;
  });
  CHECK(child.exit_code == 0);
}

TEST_CASE("several ends are waited for at once", "[process][process_pipe]") {
  auto first = make_one_way_process_pipe<int>();
  auto second = make_one_way_process_pipe<int>();
  run_real([&]() -> task<> {
    co_await second.second.send(3);
    auto const which = co_await race(first.first.wait_receivable(), second.first.wait_receivable());
    CHECK(which.index() == 1);
    CHECK_FALSE(first.first.can_receive());
    CHECK(second.first.can_receive());
  });
}

TEST_CASE("a pipe refuses to block a loop, and to be closed under a task that waits", "[process][process_pipe]") {
  auto ends = make_process_pipe<int>();
  auto& [a, b] = ends;
  run_real([&]() -> task<> {
    CHECK_THROWS_WITH(a.receive_blocking(), ContainsSubstring("would block the loop"));
    CHECK_THROWS_WITH(a.send_blocking(1), ContainsSubstring("would block the loop"));
    auto receive = [&]() -> task<> { co_await a.receive(); };
    auto const receiving = spawn(receive);
    co_await yield_now();
    CHECK_THROWS_WITH(a.close(), ContainsSubstring("waits"));
    co_await b.send(1);
    co_await receiving;
    a.close();
  });
}

TEST_CASE("cancelled at every await, a pipe loses no message", "[process][process_pipe][cancel]") {
  auto const body = []() -> task<> {
    auto ends = make_process_pipe<std::string>();
    auto& [a, b] = ends;
    std::string const text(70'000, 'x');
    auto send = [&]() -> task<> {
      for (int i = 0; i < 3; ++i) co_await a.send(text + std::to_string(i));
    };
    auto receive = [&]() -> task<> {
      for (int i = 0; i < 3; ++i) {
        std::optional<std::string> const got = co_await b.receive();
        if (got != text + std::to_string(i)) throw std::logic_error("lost or doubled");
      }
    };
    co_await gather(receive(), send());
  };
  CHECK(problems_when_cancelled(body) == trace{});
}

TEST_CASE("a sender that is killed at any moment has sent whole messages", "[process][process_pipe]") {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    auto ends = make_one_way_process_pipe<std::pair<int, std::string>>();
    auto& [reader, writer] = ends;
    forked const child([&] {
      for (int i = 0;; ++i) writer.send_blocking({i, std::string(static_cast<std::size_t>(i % 3 ? i % 5000 : 70'000), 'x')});
      return 0;
    });
    writer.close();
    std::this_thread::sleep_for(std::chrono::microseconds(300 + random() % 1500));  // so that the kill meets it anywhere
    child.kill(SIGKILL);
    int wanted = 0;
    while (auto const message = reader.receive_blocking()) {
      REQUIRE(message->first == wanted);
      REQUIRE(message->second.size() == static_cast<std::size_t>(wanted % 3 ? wanted % 5000 : 70'000));
      ++wanted;
    }
  }
}
