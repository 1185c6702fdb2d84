// SPDX-License-Identifier: MIT
// Streams, servers and threads in all schedules.
#include "fuzzing.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

std::string some_text(fuzz_random& random, std::size_t most) {
  std::string text(1 + random.below(most), ' ');
  for (char& c : text) c = static_cast<char>('a' + random.below(26));
  return text;
}

}  // namespace

TEST_CASE("a cancelled read loses nothing", "[fuzz][stream]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    auto [a, b] = make_stream_pair();
    std::string const sent = some_text(random, 3000);
    auto send = [&]() -> task<> {
      for (std::size_t i = 0; i < sent.size(); i += 200) {
        co_await a.write(std::string_view(sent).substr(i, 200));
        co_await dawdle(random);
      }
      a.close();
    };
    auto const sending = spawn(send);
    std::string got;
    bool ended = false;
    auto read_on = [&]() -> task<> {
      while (true) {
        std::string const piece = co_await b.read(100);
        got += piece;
        if (piece.empty()) break;
      }
      ended = true;
    };
    while (!ended) {
      auto const reading = spawn(read_on);
      std::vector<task_handle<>> const only{reading};
      co_await cancel_some(random, only);
      co_await join_all(only);
    }
    co_await sending;
    must(got == sent, "bytes of a stream");
  });
}

TEST_CASE("writes are whole and in order, cancelled or not", "[fuzz][stream]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    auto [a, b] = make_stream_pair({.send_buffer = 4608});
    std::string expected;
    auto send = [&]() -> task<> {
      for (char c = 'a'; c < 'k'; ++c) {
        std::string const line = std::string(1 + random.below(3000), c) + '\n';
        auto const writing = create_task([](stream& s, std::string text) -> task<> { co_await s.write(text); }(a, line));
        std::vector<task_handle<>> const only{writing};
        co_await cancel_some(random, only, 3);
        co_await wait(only);
        if (!writing.cancelled()) writing.result();
      }
      a.close();
    };
    auto const sending = spawn(send);
    char last = '\0';
    while (true) {
      std::string const line = co_await b.read_line();
      if (line.empty()) break;
      must(line.back() == '\n', "a torn line at the end");
      must(line.find_first_not_of(line[0]) == line.size() - 1, "a torn line");
      must(line[0] > last, "lines in another order");
      last = line[0];
    }
    co_await sending;
  });
}

TEST_CASE("a server answers every client, over the network of the machine", "[fuzz][server]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    auto echo = [](stream peer) -> task<> {
      while (true) {
        std::string const line = co_await peer.read_line();
        if (line.empty()) co_return;
        co_await peer.write(line);
      }
    };
    server listening = co_await start_server(echo, "127.0.0.1", 0);
    auto client = [&]() -> task<> {
      stream s = co_await open_connection("127.0.0.1", listening.port());
      for (int i = 0; i < 3; ++i) {
        std::string const line = some_text(random, 40) + '\n';
        co_await s.write(line);
        std::string const answer = co_await s.read_line();
        must(answer == line, "the answer of a server");
      }
      s.close();
    };
    co_await gather(client(), client(), client());
    listening.close();
    co_await listening.wait_closed();
  });
}

TEST_CASE("calls on worker threads come back, or are dropped when cancelled", "[fuzz][thread]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    auto twice = [](int n) { return 2 * n; };
    auto call = [&]() -> task<> {
      int const got = co_await to_thread(twice, 21);
      must(got == 42, "the result of a thread");
    };
    std::vector<task_handle<>> calls;
    for (int i = 0; i < 3; ++i) calls.push_back(spawn(call));
    co_await cancel_some(random, calls, 3);
    co_await join_all(calls);
  });
}
