// SPDX-License-Identifier: MIT
// How a part of a program is tested: in no time, in a thousand orders, and cancelled wherever it waits. The part is a value that
// many tasks want and one of them loads.
//
// Run it: build/release/examples/testing
#include <halka/halka.hpp>

#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

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
  if (a + b + c != 3 * 42 || value.loads != 1) throw std::logic_error("not loaded once");
}
// [/body]

// [random]
halka::task<> one_gives_up(halka::fuzz_random& random) {
  slow_value value;
  auto const first = halka::create_task(value.get());
  auto const second = halka::create_task(value.get());
  co_await halka::sleep(random.below(4) * 1s);
  first.cancel();
  std::vector<halka::task_handle<int>> const both{first, second};
  co_await halka::wait(both);  // before the value goes
  if (second.result() != 42) throw std::logic_error("not the value");
}
// [/random]

// [conversation]
halka::task<> slow_network() {
  auto [client, server] = halka::testing::make_linked_streams({.latency = 300ms, .largest_piece = 2});
  co_await client.write("ping\n");
  if (std::string const line = co_await server.read_line(); line != "ping\n") throw std::logic_error(line);
}
// [/conversation]

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
}
