// SPDX-License-Identifier: MIT
// How a part of a program is tested: in no time, in a thousand orders, and cancelled wherever it waits. The part is a value that
// many tasks want and one of them loads.
//
//     ./testing
#include <halka/halka.hpp>

#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;

// [part]
class slow_value {
 public:
  halka::task<int> get() {
    auto const held = co_await lock_.hold();
    if (!value_) value_ = co_await load();
    co_return *value_;
  }
  int loads = 0;

 private:
  halka::task<int> load() {
    ++loads;
    co_await halka::sleep(2s);
    co_return 42;
  }
  halka::lock lock_;
  std::optional<int> value_;
};
// [/part]

// [body]
halka::task<> three_readers() {
  slow_value value;
  auto const [a, b, c] = co_await halka::gather(value.get(), value.get(), value.get());
  if (a != 42 || b != 42 || c != 42 || value.loads != 1) throw std::logic_error("loaded " + std::to_string(value.loads) + " times");
}
// [/body]

// [random]
halka::task<> one_gives_up(halka::fuzz_random& random) {
  slow_value value;
  auto const first = halka::create_task(value.get());
  auto const second = halka::create_task(value.get());
  co_await halka::sleep(random.below(4) * 1s);
  first.cancel();
  if (int const got = co_await second; got != 42) throw std::logic_error("not the value");
}
// [/random]

// [conversation]
halka::task<> slow_network() {
  auto [client, server] = halka::testing::make_linked_streams({.latency = 300ms, .largest_piece = 2});
  co_await client.write("ping\n");
  std::string const line = co_await server.read_line();
  if (line != "ping\n") throw std::logic_error("got " + line);
}
// [/conversation]

halka::task<> waits_for_nobody() {
  halka::event nobody_sets_it;
  co_await nobody_sets_it.wait();
}

int main() {
  using namespace halka::testing;
  run_test(three_readers);
  std::puts("two seconds went by, and nobody waited for them");
  run_test(three_readers, {.cancel_everywhere = true});
  std::puts("cancelled wherever it waits, it leaves nothing behind");
  fuzz_result const tried = fuzz(one_gives_up, {.seeds = 200});
  std::printf("it holds in %u orders\n", tried.runs);
  run_test(slow_network);
  std::puts("and over a slow network");
  try {
    captured_reports const quiet;
    run_test(waits_for_nobody);
  } catch (halka::deadlock_error const&) {
    std::puts("a test that can never go on says so at once");
  }
}
