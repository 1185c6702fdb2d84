// SPDX-License-Identifier: MIT
#pragma once

#include <halka/sched/job_queue.hpp>

#include <atomic>
#include <exception>
#include <functional>
#include <utility>

namespace halka::test {

/// A job made of a function; it counts how it ended. It may be destroyed once it is reported.
class function_job final : public worker_job {
 public:
  explicit function_job(std::function<void()> fn) : fn_(std::move(fn)) {}
  void run() noexcept override {
    fn_();
    ++runs;
  }
  void report() noexcept override { reported = true; }
  void drop(std::exception_ptr const& why) noexcept override {
    reason = why;
    ++drops;
  }

  std::atomic<int> runs = 0;
  std::atomic<int> drops = 0;
  std::atomic<bool> reported = false;
  std::exception_ptr reason;

 private:
  std::function<void()> fn_;
};

}  // namespace halka::test
