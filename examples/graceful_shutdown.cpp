// SPDX-License-Identifier: MIT
// What a service does on SIGTERM or Ctrl-C: take no new work, finish what was begun, but not for longer than it may take, and end
// with exit code 0. Send it the signal, or wait half a second: it then sends it to itself.
//
// Run it: build/release/examples/graceful_shutdown
#include <halka/halka.hpp>

#include <csignal>
#include <cstdio>

using namespace std::chrono_literals;

halka::task<> handle(int number) {
  co_await halka::sleep(150ms);
  std::printf("job %d done\n", number);
}

/// New jobs keep coming.
halka::task<> accept_jobs(halka::task_group& jobs) {
  for (int number = 1;; ++number) {
    jobs.spawn(handle, number);
    co_await halka::sleep(100ms);
  }
}

halka::task<> serve(halka::signal_set& stop) {
  co_await halka::with_task_group([&](halka::task_group& jobs) -> halka::task<> {
    auto const accepting = halka::spawn(accept_jobs, std::ref(jobs));
    std::string const signal = halka::signal_name(co_await stop.next());
    accepting.cancel();
    std::printf("%s: no new jobs, %zu to finish\n", signal.c_str(), jobs.size());
    // The group waits for the jobs that were begun.
  });
}

halka::task<> async_main() {
  halka::signal_set stop({SIGINT, SIGTERM});
  halka::get_running_loop().call_later(500ms, [] { std::raise(SIGTERM); });
  try {
    co_await halka::wait_for(serve(stop), 10s);
    std::puts("all done");
  } catch (halka::timeout_error const&) {
    std::puts("some jobs took too long and were cancelled");
  }
}

int main() { halka::run(async_main()); }
