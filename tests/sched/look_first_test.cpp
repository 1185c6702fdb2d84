// SPDX-License-Identifier: MIT
// The order of looking, saying that one sleeps, and sleeping, with a poller that only notes what it is asked.
#include "../support/fixture.hpp"

#include <halka/sched/event_loop.hpp>
#include <halka/sched/inbox.hpp>
#include <halka/sched/poller.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <functional>
#include <memory>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// A message to the loop that stops it.
struct message : runnable {
  explicit message(event_loop& l) : runnable{nullptr, arrived}, loop(l) {}
  static void arrived(runnable& r) { static_cast<message&>(r).loop.stop(); }
  event_loop& loop;
};

class noting_poller final : public poller {
 public:
  explicit noting_poller(trace& log) : poller("test"), log_(log) {}
  void attach(event_loop& loop) override { loop_ = &loop; }
  void poll() override {}
  void wait(clock::time_point) override {
    log_.push_back("sleeps");
    send();
  }
  void wake() noexcept override { log_.push_back("woken"); }
  void drain() override {}
  void watch(int, direction, std::function<void()>) override {}
  bool unwatch(int, direction) override { return false; }
  void watch_signal(int, std::function<void()>&&) override {}
  bool unwatch_signal(int) override { return false; }
  void nudged() override {}

  void let_looking_pay() {
    for (int i = 0; i < adaptive_spin::trials; ++i) spin_.slept(1us, 1);
  }
  bool finds = true;

 private:
  bool spin(inbox const&, clock::time_point) override {
    log_.push_back("looks");
    if (finds) send();
    return finds;
  }
  void send() {
    if (sent_) return;
    sent_ = std::make_unique<message>(*loop_);
    static_cast<void>(loop_->address()->post(*sent_));
  }

  trace& log_;
  event_loop* loop_ = nullptr;
  std::unique_ptr<message> sent_;
};

trace what_a_loop_does(bool looking_pays, bool finds) {
  trace log;
  auto outside = std::make_unique<noting_poller>(log);
  outside->finds = finds;
  if (looking_pays) outside->let_looking_pay();
  event_loop loop(std::move(outside));
  loop.run_forever();
  return log;
}

}  // namespace

TEST_CASE("a message that comes while the loop looks wakes nobody", "[sched][spin]") {
  if (!adaptive_spin::can_pay()) return;
  CHECK(what_a_loop_does(true, true) == trace{"looks"});
}

TEST_CASE("a loop that looked in vain sleeps, and a message wakes it", "[sched][spin]") {
  if (!adaptive_spin::can_pay()) return;
  CHECK(what_a_loop_does(true, false) == trace{"looks", "sleeps", "woken"});
}

TEST_CASE("a loop for which looking does not pay sleeps at once", "[sched][spin]") {
  CHECK(what_a_loop_does(false, true) == trace{"sleeps", "woken"});
}
