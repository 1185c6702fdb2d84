// SPDX-License-Identifier: MIT
// Starlette's run_in_threadpool: blocking functions run beside the loop. Five calls of 0.1 s take 0.1 s together. A value and an
// exception come back; a cancelled await ends at once, and the function is told by its stop token.
//
// Run it: ./dev demo x4_run_in_threadpool
#include <halka/halka.hpp>

#include <chrono>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using seconds = std::chrono::duration<double>;

std::thread::id block(int) {
  std::this_thread::sleep_for(100ms);
  return std::this_thread::get_id();
}

int find_user(std::string const& name) {
  if (name != "ayla") throw std::runtime_error("no user '" + name + "'");
  return 42;
}

/// Works until it is told to stop.
void work_on(std::stop_token const& stop, halka::event& stopped, halka::event_loop& loop) {
  while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
  loop.call_soon_threadsafe([&] { stopped.set(); });
}

halka::task<> async_main() {
  std::vector<int> const five{1, 2, 3, 4, 5};
  auto const begin = std::chrono::steady_clock::now();
  auto const threads = co_await halka::default_executor().map(block, five);
  double const took = seconds(std::chrono::steady_clock::now() - begin).count();
  bool on_main = false;
  for (std::thread::id const id : threads) on_main = on_main || id == std::this_thread::get_id();
  std::printf("5 calls of 0.1 s: %.1f s, %s the main thread\n", took, on_main ? "on" : "not on");

  int const id = co_await halka::to_thread(find_user, "ayla");
  std::printf("value: %d\n", id);
  try {
    co_await halka::to_thread(find_user, "nobody");
  } catch (std::runtime_error const& e) {
    std::printf("exception: %s\n", e.what());
  }

  halka::event stopped;
  try {
    co_await halka::wait_for(halka::to_thread(work_on, std::ref(stopped), std::ref(halka::get_running_loop())), 50ms);
  } catch (halka::timeout_error const&) {
    std::printf("cancelled: the await has ended\n");
  }
  co_await stopped.wait();
  std::printf("cancelled: the function has stopped\n");
}

int main() { halka::run(async_main()); }
