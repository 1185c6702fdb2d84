// SPDX-License-Identifier: MIT
// The demos about threads, as demos_test.cpp does with the others. They run on the real clock, because blocking calls are what they
// are about. Times have a lower bound only, and how many cores a demo got is not judged: the machine may be busy.
#include "../support/performance.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <exception>
#include <functional>
#include <latch>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace a3 {
#include <a3_thread.cpp>
}
namespace a5 {
#include <a5_tasks_on_cores.cpp>
}
namespace a6 {
#include <a6_busy_threads.cpp>
}
namespace a7 {
#include <a7_start_and_join.cpp>
}
namespace a8 {
#include <a8_shared_variable.cpp>
}
namespace x3 {
#include <x3_sync_to_async.cpp>
}
namespace x4 {
#include <x4_run_in_threadpool.cpp>
}
namespace x5 {
#include <x5_pool_limits.cpp>
}
namespace x14 {
#include <x14_log_sink.cpp>
}
namespace x15 {
#include <x15_no_interpreter_lock.cpp>
}
namespace back_example {
#include <back_into_the_loop.cpp>
}
namespace workers_example {
#include <workers_on_threads.cpp>
}

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("demo A3: a thread that nobody joins prints once", "[demo][A3]") {
  CHECK(printed_by([] { std::jthread const thread(a3::task); }) == expected("demos/a3_thread"));
}

TEST_CASE("demo A5: four tasks run on four threads", "[demo][A5]") {
  std::string const printed = printed_by([] { halka::run(a5::async_main(10)); });
  std::size_t threads = 0;
  double ratio = -1;
  INFO(printed);
  REQUIRE(std::sscanf(printed.c_str(), "4 tasks on %zu threads\ncpu/wall = %lf, at most min(4,", &threads, &ratio) == 2);
  CHECK(threads == 4);
  CHECK(ratio >= 0);
}

TEST_CASE("demo A6: four threads are alive, and end when they are told", "[demo][A6]") {
  std::string const printed = printed_by([] { halka::run(a6::async_main(50ms)); });
  std::size_t alive = 0;
  double ratio = 0;
  INFO(printed);
  REQUIRE(std::sscanf(printed.c_str(), "alive threads besides main: %zu\ncpu/wall = %lf", &alive, &ratio) == 2);
  CHECK(alive == 4);
  CHECK(ratio > 0);
}

TEST_CASE("demo A7: the thread has worked when the await ends", "[demo][A7]") {
  CHECK(printed_by([] { halka::run(a7::async_main()); }) == expected("demos/a7_start_and_join"));
}

TEST_CASE("demo A8: locks and atomics keep every update, an await in between loses them", "[demo][A8]") {
  CHECK(printed_by([] { halka::run(a8::async_main()); }) == expected("demos/a8_shared_variable"));
}

TEST_CASE("demo X3: one thread takes the calls in order, five take them at once", "[demo][X3]") {
  std::string const printed = printed_by([] { halka::run(x3::async_main()); });
  double sensitive = 0;
  double parallel = 0;
  INFO(printed);
  REQUIRE(std::sscanf(printed.c_str(),
                      "thread_sensitive=True : %lf s, threads: 1, results: [0, 1, 2, 3, 4]\n"
                      "thread_sensitive=False: %lf s, threads: 5, results: [0, 1, 2, 3, 4]\n",
                      &sensitive, &parallel) == 2);
  CHECK(sensitive >= 0.5);
  CHECK(parallel >= 0.1);
  CHECK(parallel < sensitive);
}

TEST_CASE("demo X4: value, exception and cancellation of calls beside the loop", "[demo][X4]") {
  std::string const printed = printed_by([] { halka::run(x4::async_main()); });
  double took = 0;
  INFO(printed);
  REQUIRE(std::sscanf(printed.c_str(), "5 calls of 0.1 s: %lf s, not on the main thread\n", &took) == 1);
  CHECK(took >= 0.1);
  CHECK(took < 0.5);
  CHECK(printed.substr(printed.find('\n') + 1) ==
        "value: 42\n"
        "exception: no user 'nobody'\n"
        "cancelled: the await has ended\n"
        "cancelled: the function has stopped\n");
}

TEST_CASE("demo X5: four of six jobs queue for two threads, and a queue of one refuses three", "[demo][X5]") {
  std::string const printed = printed_by([] { halka::run(x5::async_main()); });
  double took = 0;
  INFO(printed);
  REQUIRE(std::sscanf(printed.c_str(), "queue length: 4\n6 jobs on 2 threads: %lf s\n", &took) == 1);
  CHECK(took >= 0.3);
  CHECK(printed.substr(printed.find(" s\n") + 3) ==
        "queue length: 0, at most 4\n"
        "with a queue of 1: 3 refused, 3 done\n");
}

TEST_CASE("demo X14: a log on a thread of its own leaves the loop free", "[demo][X14]") {
  std::string const printed = printed_by([] { halka::run(x14::async_main()); });
  double blocked = 0;
  double free = 0;
  INFO(printed);
  REQUIRE(std::sscanf(printed.c_str(),
                      "in the loop: longest gap between two ticks %lf ms\n"
                      "with a sink: longest gap between two ticks %lf ms, 20 lines written\n",
                      &blocked, &free) == 2);
  CHECK(blocked >= 200);
  CHECK(free < blocked);
}

TEST_CASE("demo X15: threads compute, each as far as it has a core", "[demo][X15]") {
  std::string const printed = printed_by([] { halka::run(x15::async_main(20)); });
  CHECK(printed.starts_with("1 thread : 4 x fib(20) = 6765, cpu/wall = "));
  CHECK(printed.find("4 threads: 4 x fib(20) = 6765, cpu/wall = ") != std::string::npos);
}

TEST_CASE("example: a function on a thread asks its loop, and ends soon when nobody waits for it", "[example][thread]") {
  CHECK(printed_by([] { halka::run(back_example::async_main()); }) == expected("examples/back_into_the_loop"));
}

TEST_CASE("example: three loops answer at one port", "[example][workers]") {
  auto const serve = [] { run_workers(3, workers_example::serve, workers_example::wires()); };
  CHECK(printed_by(serve) == "60 requests answered\n");
}
