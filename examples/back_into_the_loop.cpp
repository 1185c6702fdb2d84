// SPDX-License-Identifier: MIT
// A function that blocks runs on a worker thread, and calls back into the loop with call_in_loop: to hand over its progress, and to
// ask something that only a coroutine can find out. It needs no lock for what belongs to the loop, and knows nothing of the loop.
//
// When the task that waits for the function is cancelled, call_in_loop throws cancelled_error, so the function ends soon.
//
// Run it: build/release/examples/back_into_the_loop
#include <halka/halka.hpp>

#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>

using namespace std::chrono_literals;

/// Belongs to the loop: only its thread touches it.
struct progress {
  int percent = 0;
  void show(int now) {
    percent = now;
    std::printf("%d %%\n", percent);
  }
};

halka::task<bool> ask_user(std::string question) {
  co_await halka::sleep(10ms);  // somebody answers
  std::printf("%s yes\n", question.c_str());
  co_return true;
}

/// On a worker thread.
int copy_slowly(progress& shown) {
  int copied = 0;
  for (int percent = 0; percent <= 100; percent += 25) {
    std::this_thread::sleep_for(5ms);  // blocking work
    if (percent == 50 && !halka::call_in_loop(ask_user, "go on?")) break;
    halka::call_in_loop(&progress::show, std::ref(shown), percent);
    ++copied;
  }
  return copied;
}

halka::task<> async_main() {
  progress shown;
  int const copied = co_await halka::to_thread(copy_slowly, std::ref(shown));
  std::printf("%d parts copied\n", copied);

  auto const endless = [&shown] {
    while (true) copy_slowly(shown);
  };
  try {
    co_await halka::wait_for(halka::to_thread(endless), 1ms);
  } catch (halka::timeout_error const&) {
    std::printf("given up, and the function ends with its next call into the loop\n");
  }
}

int main() { halka::run(async_main()); }
