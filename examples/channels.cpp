// SPDX-License-Identifier: MIT
// Channels connect loops: two players in two threads, each with a loop of its own, hit a ball to each other over two channels. The
// loop of the main thread counts: each player tells of his hits over a channel of his own, and `race` selects what comes first.
//
// `close` ends a channel: who receives gets what is left in it and then nothing, who sends is told by queue_shut_down.
//
// Run it: build/release/examples/channels
#include <halka/halka.hpp>

#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <variant>

using numbers = halka::channel<int>;

/// Closes three channels on every way out, so that nobody waits for somebody who has left.
struct closing {
  closing(numbers const& a, numbers const& b, numbers const& c) : channels{a, b, c} {}
  ~closing() {
    for (numbers& c : channels) c.close();
  }
  std::array<numbers, 3> channels;
};

halka::task<> play(std::string name, numbers in, numbers out, numbers hits) {
  closing const at_the_end(in, out, hits);
  while (auto ball = co_await in.receive()) {
    std::printf("%s hits ball %d\n", name.c_str(), *ball);
    co_await hits.send(*ball);
    if (*ball == 6) break;
    co_await out.send(*ball + 1);
  }
  std::printf("%s leaves\n", name.c_str());
}

void player(std::string const& name, numbers const& in, numbers const& out, numbers const& hits) {
  try {
    halka::run(play(name, in, out, hits));
  } catch (std::exception const& e) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), e.what());
  }
}

halka::task<> count() {
  numbers to_ann(1);
  numbers to_bob(1);
  numbers by_ann(1);
  numbers by_bob(1);
  std::jthread const ann(player, "Ann", to_ann, to_bob, by_ann);
  std::jthread const bob(player, "Bob", to_bob, to_ann, by_bob);
  closing const before_they_are_joined(to_ann, by_ann, by_bob);

  co_await to_ann.send(1);
  std::array<int, 2> hits{};
  while (true) {
    auto const hit = co_await halka::race(by_ann.receive(), by_bob.receive());
    if (!std::visit([](auto const& ball) { return ball.has_value(); }, hit)) break;
    ++hits[hit.index()];
  }
  while (co_await by_ann.receive()) ++hits[0];  // one is closed, the other may not be
  while (co_await by_bob.receive()) ++hits[1];
  std::printf("Ann had %d hits, Bob %d\n", hits[0], hits[1]);
}

int main() { halka::run(count()); }
