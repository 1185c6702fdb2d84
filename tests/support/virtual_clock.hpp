// SPDX-License-Identifier: MIT
#pragma once

#include <halka/sched/event_loop.hpp>
#include <halka/sched/poller.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>

namespace halka::test {

/// A poller without an outside: when nothing is ready, its clock jumps to the next deadline. When there is no deadline either,
/// nothing can ever happen, and it throws `deadlock_error` with the tasks that wait. While a worker thread holds work it waits for
/// that.
class virtual_clock final : public poller {
 public:
  explicit virtual_clock(clock::time_point start = clock::time_point(std::chrono::seconds(1000)));

  void attach(event_loop& loop) override { loop_ = &loop; }
  void poll() override {}
  void wait(clock::time_point deadline) override;
  void wake() noexcept override;
  void drain() override {}
  void watch(int fd, direction d, std::function<void()> callback) override;
  bool unwatch(int fd, direction d) override;

 private:
  event_loop* loop_ = nullptr;
  clock::time_point now_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool wake_ = false;
};

}  // namespace halka::test
