// SPDX-License-Identifier: MIT
#include "../../support/fixture.hpp"
#include "../../support/scenario.hpp"

#include <halka/halka.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <string>
#include <thread>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using testing::run_test;
using testing::test_failure;

namespace {

/// Real time that passes in `fn`.
template <class F>
clock::duration real_time(F fn) {
  auto const start = clock::monotonic();
  fn();
  return clock::monotonic() - start;
}

task<int> answer() {
  co_await sleep(1h);
  co_return 42;
}

}  // namespace

TEST_CASE("a test yields what its body returns, and an hour costs no time", "[testing]") {
  int got = 0;
  CHECK(real_time([&] { got = run_test(answer); }) < 5s);
  CHECK(got == 42);
  CHECK(run_test(answer()) == 42);
  CHECK_THROWS_AS(run_test(fail_after<boom>(1s)), boom);
}

TEST_CASE("without virtual time the clock is the real one", "[testing]") {
  // It waits for wall time, which is what it is about.
  CHECK(real_time([] { run_test(nap(30ms), {.virtual_time = false}); }) >= 30ms);
}

TEST_CASE("a test runs in debug mode", "[testing]") {
  CHECK(run_test([]() -> task<bool> { co_return get_running_loop().debug(); }));
}

TEST_CASE("a dead end is an error that shows who waits for what", "[testing][deadlock]") {
  auto const body = []() -> task<> {
    current_task().set_name("main");
    future<> const never_set;
    auto wait_for_it = [&]() -> task<> { co_await never_set; };
    co_await gather(wait_for_it(), wait_for_it());
  };
  CHECK(real_time([&] {
          CHECK_THROWS_WITH(run_test(body),
                            ContainsSubstring("deadlock: nothing is ready, no timer is set, and these tasks wait:\n'main'") &&
                                ContainsSubstring(" <- run_test_test.cpp:") && ContainsSubstring("├── 'Task-2'") &&
                                ContainsSubstring("└── 'Task-3'") && ContainsSubstring("waits for a future at run_test_test.cpp:"));
        }) < 500ms);
}

TEST_CASE("a task that receives what nobody sends is a dead end after some patience", "[testing][deadlock][io]") {
  auto const body = []() -> task<> {
    auto [a, b] = make_stream_pair();
    co_await a.read(10);
  };
  CHECK_THROWS_WITH(run_test(body, {.patience = 20ms}),
                    ContainsSubstring("nobody outside did anything") && ContainsSubstring("waits for bytes from"));
}

TEST_CASE("a client's timeout does not fire while its server sleeps less", "[testing][io]") {
  auto const body = []() -> task<std::string> {
    auto [client, peer] = make_stream_pair();
    auto serve = [&]() -> task<> {
      co_await sleep(9s);
      co_await peer.write("late");
    };
    auto const serving = spawn(serve);
    std::string const got = co_await wait_for(client.read(10), 10s);
    co_await serving;
    co_return got;
  };
  CHECK(run_test(body) == "late");
}

TEST_CASE("the clock stands while files, connects and worker threads are at work", "[testing][io]") {
  auto const body = []() -> task<clock::duration> {
    auto const start = clock::now();
    auto slow_call = [] { std::this_thread::sleep_for(20ms); };
    co_await wait_for(to_thread(slow_call), 1ms);
    fs::scratch_file f = co_await fs::temporary_file();
    co_await wait_for(f.write("text"), 1ms);
    co_await wait_for(f.sync(), 1ms);
    co_await f.close();
    server listening = co_await start_server([](stream) -> task<> { co_return; }, "127.0.0.1", 0);
    stream const connected = co_await wait_for(open_connection("127.0.0.1", listening.port()), 1ms);
    listening.close();
    co_return clock::now() - start;
  };
  CHECK(run_test(body) == 0ms);
}

TEST_CASE("while a child process lives, time passes as outside", "[testing][process]") {
  auto const body = []() -> task<std::string> {
    subprocess child = co_await create_subprocess_exec(command("sleep", "1000"));
    std::string result = "ended";
    try {
      co_await wait_for(child.wait(), 30ms);
    } catch (timeout_error const&) {
      result = "timed out";
    }
    child.kill();
    co_await child.wait();
    std::string const said =
        (co_await wait_for(run_process(command("echo", "hello"), {.standard_output = stdio::pipe}), 60s)).output;
    co_return result + ", " + said;
  };
  CHECK(real_time([&] { CHECK(run_test(body) == "timed out, hello\n"); }) >= 30ms);
}

TEST_CASE("a hold keeps the clock for a thread of the test's own", "[testing]") {
  std::thread other;
  auto const body = [&]() -> task<bool> {
    testing::clock_hold const hold;
    event arrived;
    event_loop& loop = get_running_loop();
    other = std::thread([&loop, &arrived] {
      std::this_thread::sleep_for(20ms);
      loop.call_soon_threadsafe([&arrived] { arrived.set(); });
    });
    co_await wait_for(arrived.wait(), 1ms);
    co_return true;
  };
  CHECK(run_test(body));
  other.join();
}

TEST_CASE("advance moves the clock as if time had passed", "[testing]") {
  auto const body = []() -> task<> {
    auto const sleeping = create_task(nap(10s));
    co_await yield_now();
    testing::advance(9s);
    co_await settle();
    CHECK_FALSE(sleeping.done());
    testing::advance(1s);
    co_await settle();
    CHECK(sleeping.done());
    CHECK_THROWS_AS(testing::advance(-1s), std::invalid_argument);
  };
  run_test(body);
  CHECK_THROWS_AS(run([]() -> task<> {
                    testing::advance(1s);
                    co_return;
                  }),
                  std::logic_error);
}

TEST_CASE("run_test can cancel its body everywhere", "[testing][cancel]") {
  int runs = 0;
  auto const good = [&]() -> task<int> {
    ++runs;
    co_await sleep(1s);
    co_await sleep(1s);
    co_return 7;
  };
  CHECK(run_test(good, {.cancel_everywhere = true}) == 7);
  CHECK(runs > 10);

  auto const forgets = []() -> task<> {
    auto const child = create_task(nap(5s));
    co_await sleep(1s);
    child.cancel();
    co_await sleep(1s);
  };
  CHECK_THROWS_WITH(run_test(forgets, {.cancel_everywhere = true}),
                    ContainsSubstring("cancelled everywhere") && ContainsSubstring("left: 'Task-") && ContainsSubstring("in pass"));

  auto const swallows = []() -> task<> {
    try {
      co_await sleep(1s);
    } catch (cancelled_error const&) {
    }
    co_await yield_now();
  };
  CHECK_THROWS_AS(run_test(swallows, {.cancel_everywhere = true}), test_failure);
  CHECK_NOTHROW(run_test(swallows, {.cancel_everywhere = true, .rules = {.may_swallow = true}}));
  CHECK_THROWS_AS(run_test(nap(1s), {.cancel_everywhere = true}), std::invalid_argument);
}

TEST_CASE("what a test leaves open is reported", "[testing]") {
  captured_reports const reports;
  run_test([]() -> task<> {
    auto [a, b] = make_stream_pair();
    static std::vector<stream> kept;
    kept.push_back(std::move(a));
    co_await b.write("x");
  });
  CHECK(reports.count("run_test_test.cpp:") == 1);
}
