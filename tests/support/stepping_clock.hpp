// SPDX-License-Identifier: MIT
#pragma once

#include <halka/sched/event_loop.hpp>
#include <halka/sched/poller.hpp>

#include <functional>
#include <utility>

namespace halka::test {

/// A virtual clock that calls a function at the beginning of every pass, when no task runs: what the function does comes from
/// outside of the tasks. It serves loops without worker threads.
class stepping_clock final : public poller {
 public:
  explicit stepping_clock(std::function<void()> at_pass);

  void attach(event_loop& loop) override { loop_ = &loop; }
  void poll() override;
  void wait(clock::time_point deadline) override;
  void wake() noexcept override {}
  void drain() override {}
  void watch(int fd, direction d, std::function<void()> callback) override;
  bool unwatch(int, direction) override { return false; }

 private:
  std::function<void()> at_pass_;
  event_loop* loop_ = nullptr;
  clock::time_point now_ = clock::time_point(std::chrono::seconds(1000));
};

}  // namespace halka::test
