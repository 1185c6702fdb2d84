// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/backend.hpp"
#include "../../sched/clock.hpp"
#include "../../sched/create_task.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "../outcome.hpp"
#include "../run.hpp"
#include "cancel_everywhere.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

/// For programs that test what they built on halka.
namespace halka::testing {

struct test_options {
  /// A clock that jumps: when nothing is ready and nothing that ends by itself is under way, it is the next deadline at once. False
  /// for the real one.
  bool virtual_time = true;
  /// Runs the body in another order than the usual one: see `fuzz`. 0 for the usual one; the environment variable HALKA_FUZZ wins.
  std::uint64_t seed = 0;
  /// Runs the body again and again, cancelled wherever it suspends: see `cancel_everywhere`.
  bool cancel_everywhere = false;
  /// What the body may do when it is cancelled.
  cancel_rules rules = {};
  /// How long a test in which nothing can happen any more waits, in real time, for peers outside of the process.
  clock::duration patience = std::chrono::seconds(1);
  /// How input and output are performed: see `run_options`.
  backend_kind backend = backend_kind::automatic;
};

/// What a test found wrong.
class HALKA_API test_failure : public std::runtime_error {
 public:
  explicit test_failure(std::string const& what);
  test_failure(test_failure const&) noexcept;
  test_failure& operator=(test_failure const&) noexcept;
  ~test_failure() override;
};

namespace detail {

/// A loop for one run of a test, in debug mode.
class HALKA_API test_run {
 public:
  explicit test_run(test_options const& options);
  runner& get() noexcept { return runner_; }
  /// Closes the loop, and tells the seed if the run ended with an error.
  void end(bool failed);

 private:
  runner runner_;
};

template <class T, class Start>
T run_once(test_options const& options, Start start) {
  test_run run(options);
  outcome<T> result = halka::detail::outcome_of_call<T>([&]() -> T { return start(run.get()); });
  run.end(!result.has_value());
  return std::move(result).value();
}

/// *Errors*: `test_failure` with what went wrong.
HALKA_API void check_cancelled_everywhere(std::function<task<>()> const& body, test_options const& options);

}  // namespace detail

/// Runs `body()` as the main task of a loop for tests, in debug mode.
///
/// With virtual time (the default) sleeping costs no time: when nothing is ready, the clock jumps to the next deadline. It stands
/// still while a file operation, a connect or a call on a worker thread is under way, and goes with the real one while a child
/// process lives. Operations that wait for somebody (reads of sockets and pipes, accept) do not hold it: what comes from inside the
/// process arrives before it jumps. `clock_hold` holds it for anything else.
///
/// *Result*: what the body returns.
/// *Errors*: what leaves the body; `deadlock_error` with the tree of the waiting tasks when nothing can happen any more;
/// `test_failure` if `cancel_everywhere` found something; `std::invalid_argument` if HALKA_FUZZ is no number.
/// *Thread safety*: one thread, on which no loop runs.
template <class F>
requires makes_task<F> made_value_t<F> run_test(F&& body, test_options const& options = {}) {
  using T = made_value_t<F>;
  if (options.cancel_everywhere) {
    detail::check_cancelled_everywhere(
        [&body]() -> task<> {
          if constexpr (std::is_void_v<T>)
            co_await std::invoke(body);
          else
            static_cast<void>(co_await std::invoke(body));
        },
        options);
  }
  return detail::run_once<T>(options, [&](runner& r) -> T { return r.run(std::ref(body)); });
}

/// The same for a coroutine, which can run only once.
///
/// *Errors*: as above; `std::invalid_argument` if it shall be cancelled everywhere.
template <class T>
T run_test(task<T> body, test_options const& options = {}) {
  if (options.cancel_everywhere) {
    body.discard();
    throw std::invalid_argument("run_test: cancel_everywhere runs the body many times: pass a function that makes the coroutine");
  }
  return detail::run_once<T>(options, [&](runner& r) -> T { return r.run(std::move(body)); });
}

}  // namespace halka::testing
