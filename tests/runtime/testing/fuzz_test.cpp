// SPDX-License-Identifier: MIT
#include "../../support/fixture.hpp"

#include <halka/halka.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using testing::fuzz;
using testing::run_test;
using testing::test_failure;

namespace {

/// A lock whose hand-over to a task that is cancelled at that moment is lost, if it is built so.
class planted_lock {
 public:
  explicit planted_lock(bool loses) : loses_(loses) {}

  task<> acquire() {
    if (!locked_) {
      locked_ = true;
      co_return;
    }
    future<> const turn;
    waiting_.push_back(turn);
    std::exception_ptr cancelled;
    try {
      co_await turn;
    } catch (...) {
      cancelled = std::current_exception();
    }
    if (!cancelled) co_return;
    if (!loses_ && !turn.cancelled()) release();  // it had been handed over already
    std::rethrow_exception(cancelled);
  }

  void release() {
    while (!waiting_.empty()) {
      future<> const next = waiting_.front();
      waiting_.pop_front();
      if (next.done()) continue;
      return next.set_result();
    }
    locked_ = false;
  }

 private:
  bool loses_;
  bool locked_ = false;
  std::deque<future<>> waiting_;
};

task<> use(std::shared_ptr<planted_lock> lock) {
  struct holding {
    planted_lock& held;
    ~holding() { held.release(); }
  };
  co_await lock->acquire();
  holding const held{*lock};
  co_await yield_now();
}

/// Two tasks want the lock, and one of them is cancelled about when it gets it.
task<> hand_over_and_cancel(bool loses) {
  auto const lock = std::make_shared<planted_lock>(loses);  // a dead end leaves its users behind
  co_await lock->acquire();
  auto const first = create_task(use(lock));
  auto const second = create_task(use(lock));
  co_await sleep(1ms);
  lock->release();
  for (int i = 0; i < 3; ++i) co_await yield_now();
  first.cancel();
  std::vector<task_handle<>> const both{first, second};
  co_await wait(both);
}

std::string failure(bool loses, testing::fuzz_options const& options) {
  try {
    fuzz([loses] { return hand_over_and_cancel(loses); }, options);
  } catch (test_failure const& e) {
    return e.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a planted lost wake-up passes in the usual order and is found within 1000 seeds", "[testing][fuzz]") {
  run_test([] { return hand_over_and_cancel(true); });
  std::string const found = failure(true, {.seeds = 1000});
  INFO(found);
  REQUIRE(found.starts_with("HALKA_FUZZ=0x"));
  CHECK_THAT(found, ContainsSubstring("deadlock: nothing is ready"));
  CHECK_THAT(found, ContainsSubstring("waits for a future at fuzz_test.cpp:"));
  CHECK(failure(false, {.seeds = 1000}).empty());

  SECTION("the seed shows it again") {
    std::uint64_t const seed = std::strtoull(found.c_str() + sizeof "HALKA_FUZZ=" - 1, nullptr, 0);
    captured_reports const reports;
    CHECK_THROWS_AS(run_test([] { return hand_over_and_cancel(true); }, {.seed = seed}), deadlock_error);
    CHECK(reports.count("a test failed with HALKA_FUZZ=0x") == 1);
  }
  SECTION("the seed in the environment is the only one that is tried") {
    setenv("HALKA_FUZZ", found.substr(sizeof "HALKA_FUZZ=" - 1, found.find(' ') - (sizeof "HALKA_FUZZ=" - 1)).c_str(), 1);
    CHECK(failure(true, {.seeds = 1}) == found);
    CHECK(fuzz([] { return hand_over_and_cancel(false); }, {.seeds = 30}).runs == 1);
    unsetenv("HALKA_FUZZ");
  }
}

TEST_CASE("fuzz runs as many seeds as it is told, in as many schedules", "[testing][fuzz]") {
  auto const body = []() -> task<> { co_await gather(settle(), settle(), settle()); };
  auto const result = fuzz(body, {.seeds = 40});
  CHECK(result.runs == 40);
  CHECK(result.schedules > 30);
  setenv("HALKA_FUZZ_SEEDS", "7", 1);
  CHECK(fuzz(body).runs == 7);
  setenv("HALKA_FUZZ_SEEDS", "many", 1);
  CHECK_THROWS_AS(fuzz(body), std::invalid_argument);
  unsetenv("HALKA_FUZZ_SEEDS");
}

TEST_CASE("what a fuzzed body throws or leaves behind is a failure that tells the seed", "[testing][fuzz]") {
  auto const thrown = []() -> task<> {
    co_await yield_now();
    throw boom("on purpose");
  };
  CHECK_THROWS_WITH(fuzz(thrown, {.first_seed = 5, .seeds = 1}),
                    ContainsSubstring("HALKA_FUZZ=0x5 (step ") && ContainsSubstring("boom: on purpose"));
  auto const left = []() -> task<> {
    create_task(sleep(1h, 0), {.name = "forgotten"});
    co_await yield_now();
  };
  CHECK_THROWS_WITH(fuzz(left, {.seeds = 1}), ContainsSubstring("forgotten"));
  CHECK_NOTHROW(fuzz(left, {.seeds = 1, .may_report = true}));
}

TEST_CASE("the random numbers of a fuzzed body depend on the seed alone", "[testing][fuzz]") {
  std::vector<std::uint64_t> drawn;
  auto const body = [&](fuzz_random& random) -> task<> {
    drawn.push_back(random.next());
    co_return;
  };
  fuzz(body, {.first_seed = 9, .seeds = 1});
  fuzz(body, {.first_seed = 9, .seeds = 1});
  fuzz(body, {.first_seed = 10, .seeds = 1});
  REQUIRE(drawn.size() == 3);
  CHECK(drawn[0] == drawn[1]);
  CHECK(drawn[0] != drawn[2]);
}

TEST_CASE("a failure that a seed does not decide is told as such", "[testing][fuzz]") {
  int runs = 0;
  auto const body = [&]() -> task<> {
    ++runs;
    co_await yield_now();
    if (runs % 2 == 1) throw boom();
  };
  CHECK_THROWS_WITH(fuzz(body, {.seeds = 1}), ContainsSubstring("something outside of the loop decides too"));
}

TEST_CASE("streams and files hold under short transfers, interruptions and late completions", "[testing][fuzz][io]") {
  auto const body = [](fuzz_random& random) -> task<> {
    auto [a, b] = make_stream_pair();
    std::string sent;
    for (int i = 0; i < 2000; ++i) sent += static_cast<char>('a' + random.below(26));
    auto send = [&]() -> task<> {
      for (std::size_t i = 0; i < sent.size(); i += 500) co_await a.write(std::string_view(sent).substr(i, 500));
      a.close();
    };
    auto receive = [&]() -> task<std::string> { co_return co_await b.read_all(); };
    auto const results = co_await gather(send(), receive());
    if (std::get<1>(results) != sent) throw boom("bytes were lost or came in another order");
    fs::scratch_file f = co_await fs::temporary_file();
    co_await f.write(sent);
    std::string const back = co_await f.read_at(0, sent.size());
    if (back != sent) throw boom("the file holds something else");
    co_await f.close();
  };
  fuzz(body, {.seeds = 100});
}
