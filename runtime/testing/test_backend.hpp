// SPDX-License-Identifier: MIT
#pragma once

// What a loop under test sleeps on: the real backend, with a clock of its own before it, and with a hand in what completes when.
//
// Time. When nothing is ready, the clock jumps to the next deadline, but only after everything that is on its way inside the
// process has arrived. It stands still while something is under way that ends by itself (an operation on a file, a connect, a
// worker thread's call, whatever holds the poller) and goes with the real one while a child process lives. Operations that wait for
// somebody (recv, accept) do not hold it: the somebody may be a task that sleeps.
//
// Dead ends. With nothing ready and no deadline, nothing can happen any more, and `wait` throws deadlock_error with the tasks that
// wait. If operations wait for somebody outside, he is given some real time before.
//
// Completions. Each operation goes to the real backend as a double, so that the original can be told later, in another order, or of
// less: with a seed, transfers are cut short, operations are interrupted before they begin, and completions that came together are
// told in any order, some of them later. These are things that a kernel may do at any time.
//
// The real backend is made when the first operation needs it, so that tests without any are quick.

#include "../../io/backend.hpp"
#include "../../io/io_backend.hpp"
#include "../../io/io_operation.hpp"
#include "../../sched/export.hpp"
#include "../../sched/fuzz_random.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace halka::testing {

/// How the outside of a loop under test behaves.
struct test_backend_options {
  bool virtual_time = true;
  /// Decides what completes when and how much is transferred at a time; 0 for the kernel's own way.
  std::uint64_t seed = 0;
  /// How long operations that wait for somebody outside may keep a loop in which nothing else can happen, in real time.
  clock::duration patience = std::chrono::seconds(1);
  /// The real one.
  backend_kind backend = backend_kind::automatic;
};

class HALKA_API test_backend final : public io_backend {
 public:
  explicit test_backend(test_backend_options const& options = {});
  ~test_backend() override;

  /// Calls `fn()` at the beginning of every pass, when no task runs: what it does comes from outside of the tasks.
  void at_pass(std::function<void()> fn) { at_pass_ = std::move(fn); }

  /// Moves the virtual clock on; what becomes due fires in the next pass.
  ///
  /// *Errors*: `std::logic_error` if the clock is the real one.
  void advance(clock::duration d);

  /// Of the real one, which is made if it is not there yet.
  backend_choice choice() override;
  void attach(event_loop& loop) override;
  void poll() override;
  void wait(clock::time_point deadline) override;
  void wake() noexcept override;
  void drain() override;
  void forked() noexcept override;
  void submit(io_operation& op) override;
  void cancel(io_operation& op) noexcept override;
  void before_close(int fd) noexcept override;
  void forget(int fd) noexcept override;
  bool lends_buffers() const noexcept override;
  std::size_t lent_size() const noexcept override;
  void give_back(io_operation const& op) noexcept override;

 private:
  struct double_of;

  io_backend& real();
  bool look();
  void begin_pass();
  bool something_to_do() const noexcept;
  bool stands_still() const noexcept;
  bool waits_for_others() const noexcept;
  void wait_really(clock::duration at_most);
  void arrived(double_of& d);
  bool tell_arrived(bool all);
  void tell(double_of& d);
  bool plan(double_of& d);
  [[noreturn]] void give_up();

  test_backend_options options_;
  std::optional<fuzz_random> random_;
  std::function<void()> at_pass_;
  clock::time_point now_;
  std::unique_ptr<poller> real_;
  std::atomic<poller*> to_wake_ = nullptr;  // the real one, once it can be woken
  std::atomic<bool> woken_ = false;
  std::unordered_map<io_operation*, std::unique_ptr<double_of>> doubles_;
  std::vector<double_of*> arrived_;  // complete, and not told yet
  std::uint64_t told_ = 0;
  std::size_t ending_ = 0;    // operations that end by themselves
  std::size_t children_ = 0;  // child processes that are waited for
  bool draining_ = false;
};

}  // namespace halka::testing
