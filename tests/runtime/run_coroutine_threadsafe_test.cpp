// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// A loop that runs in a thread of its own while this lives.
class background_loop {
 public:
  background_loop() : thread_([this] { run(); }) { ready_.wait(); }
  ~background_loop() { stop(); }
  background_loop(background_loop const&) = delete;
  background_loop& operator=(background_loop const&) = delete;

  event_loop& loop() { return *loop_; }
  void stop() {
    if (!thread_.joinable()) return;
    loop_->call_soon_threadsafe([this] { finished_->set_result(); });
    thread_.join();
  }

 private:
  void run() {
    run_real([this]() -> task<> {
      loop_ = &get_running_loop();
      finished_.emplace();
      ready_.count_down();
      co_await *finished_;
    });
    finished_.reset();
  }

  event_loop* loop_ = nullptr;
  std::optional<future<>> finished_;
  std::latch ready_{1};
  std::thread thread_;
};

template <class T>
task<T> give(T value) {
  co_await yield_now();
  co_return std::move(value);
}

}  // namespace

TEST_CASE("a coroutine of another thread's loop gives any type of result", "[thread]") {
  static int global = 0;
  background_loop other;
  CHECK(run_coroutine_threadsafe(give(3), other.loop()).get() == 3);
  CHECK(run_coroutine_threadsafe(give(std::string("text")), other.loop()).get() == "text");
  CHECK(*run_coroutine_threadsafe(give(std::make_unique<int>(4)), other.loop()).get() == 4);
  CHECK(&run_coroutine_threadsafe([]() -> task<int&> { co_return global; }(), other.loop()).get() == &global);
  run_coroutine_threadsafe(settle(), other.loop()).get();
}

TEST_CASE("a coroutine runs in the thread of the loop that it was sent to", "[thread]") {
  background_loop other;
  auto const where = []() -> task<std::thread::id> { co_return std::this_thread::get_id(); };
  CHECK(run_coroutine_threadsafe(where(), other.loop()).get() != std::this_thread::get_id());
}

TEST_CASE("what leaves a coroutine of another loop is thrown by get and reported nowhere", "[thread]") {
  captured_reports const reports;
  {
    background_loop other;
    auto const fail = []() -> task<> {
      co_await yield_now();
      throw boom("over there");
    };
    CHECK(kind_thrown([&] { run_coroutine_threadsafe(fail(), other.loop()).get(); }) == "boom");
  }
  CHECK(reports.texts().empty());
}

TEST_CASE("cancelling from another thread cancels the task with the reason", "[thread][cancel]") {
  background_loop other;
  std::latch begun(1);
  auto const wait_for_ever = [](std::latch& started) -> task<> {
    started.count_down();
    co_await halka::sleep(1h);
  };
  auto result = run_coroutine_threadsafe(wait_for_ever(begun), other.loop());
  begun.wait();
  result.cancel("enough");
  std::string reason;
  try {
    result.get();
  } catch (cancelled_error const& e) {
    reason = e.reason();
  }
  CHECK(reason == "enough");
}

TEST_CASE("a task that refuses its cancellation gives its result to the other thread", "[thread][cancel]") {
  background_loop other;
  std::latch begun(1);
  auto const refuse = [](std::latch& started) -> task<int> {
    try {
      started.count_down();
      co_await halka::sleep(1h);
    } catch (cancelled_error const&) {
    }
    co_return 5;
  };
  auto result = run_coroutine_threadsafe(refuse(begun), other.loop());
  begun.wait();
  result.cancel();
  CHECK(result.get() == 5);
}

TEST_CASE("a cancellation that comes first keeps the coroutine from beginning", "[thread][cancel]") {
  captured_reports const reports;
  background_loop other;
  std::latch blocked(1);
  std::latch go_on(1);
  std::atomic<bool> began = false;
  other.loop().call_soon_threadsafe([&] {
    blocked.count_down();
    go_on.wait();
  });
  blocked.wait();  // the loop cannot take anything now
  auto const begin = [](std::atomic<bool>& flag) -> task<> {
    flag = true;
    co_return;
  };
  auto result = run_coroutine_threadsafe(begin(began), other.loop());
  result.cancel("never mind");
  go_on.count_down();
  CHECK(kind_thrown([&] { result.get(); }) == "cancelled_error");
  CHECK_FALSE(began);
}

TEST_CASE("cancelling a result that is there, and an empty one, changes nothing", "[thread][cancel]") {
  background_loop other;
  auto result = run_coroutine_threadsafe(give(1), other.loop());
  result.wait();
  result.cancel();
  CHECK(result.get() == 1);
  threadsafe_future<int> empty;
  empty.cancel();
  CHECK_FALSE(empty.valid());
}

TEST_CASE("dropping the future does not stop the task", "[thread]") {
  background_loop other;
  std::latch ended(1);
  auto const work = [](std::latch& done) -> task<> {
    co_await settle();
    done.count_down();
  };
  static_cast<void>(run_coroutine_threadsafe(work(ended), other.loop()));
  ended.wait();
  SUCCEED("it ran to its end");
}

TEST_CASE("a task that is left when its loop ends gives cancelled_error", "[thread]") {
  captured_reports const reports;
  background_loop other;
  std::latch begun(1);
  auto const wait_for_ever = [](std::latch& started) -> task<> {
    started.count_down();
    co_await halka::sleep(1h);
  };
  auto result = run_coroutine_threadsafe(wait_for_ever(begun), other.loop());
  begun.wait();
  other.stop();
  CHECK(kind_thrown([&] { result.get(); }) == "cancelled_error");
}

TEST_CASE("a coroutine that is sent to a loop which ends before it begins gives a broken promise", "[thread]") {
  captured_reports const reports;
  std::optional<threadsafe_future<int>> result;
  {
    runner r;
    r.run(settle());
    result.emplace(run_coroutine_threadsafe(give(1), r.get_loop()));
  }
  REQUIRE(result->wait_for(0s) == std::future_status::ready);
  CHECK(kind_thrown([&] { result->get(); }) == "future_error");
  CHECK(reports.texts().empty());
}

TEST_CASE("a closed loop refuses coroutines, and destroys them without a report", "[thread]") {
  captured_reports const reports;
  event_loop loop(std::make_unique<virtual_clock>());
  loop.close();
  CHECK(kind_thrown([&] { static_cast<void>(run_coroutine_threadsafe(give(1), loop)); }) == "logic_error");
  CHECK(reports.texts().empty());
}
