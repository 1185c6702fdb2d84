// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "supervise_options.hpp"
#include "worker_call.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace halka {

/// Worker processes that run one function and share listening sockets, and who replaces those that end. What `supervise` does with
/// signals, a program with a loop of its own does with this.
///
/// A worker that ends is replaced: at once the first time, then after 0.1 s, 0.2 s and so on up to 5 s while the new ones end
/// within a second. When five in a row fail before they have begun their work, and none works, all is given up.
///
/// The destructor kills the workers that run.
///
/// *Thread safety*: the loop's thread only.
/// *Source*: gunicorn's arbiter.
class HALKA_API supervisor {
 public:
  class state;
  struct worker_status {
    unsigned index;  // of its place
    int pid;
    bool ready;     // has begun its work
    bool draining;  // finishes what it has begun, and ends
    std::uint64_t requests;
  };

  explicit supervisor(std::shared_ptr<state> s) noexcept;
  supervisor(supervisor&&) noexcept;
  supervisor& operator=(supervisor&&) noexcept;
  ~supervisor();

  /// Where the workers listen; 0 if they do not.
  std::uint16_t port() const noexcept;
  /// The processes that run.
  std::vector<worker_status> workers() const;

  /// Ends all workers in good order: they accept nothing more and finish what they have begun. Called again, kills them.
  void stop();
  /// Ends them quickly: what they do is cancelled. Called again, or after `stop`, kills them.
  void stop_quickly();
  /// Replaces all workers, one after the other: the new one works before the old one is told to stop.
  void reload();
  /// One worker more, or one less; there is always one.
  void add_worker();
  void remove_worker();

  /// Waits until all workers have ended because they were told to.
  ///
  /// *Result*: 0; 3 if it was given up.
  task<int> wait();

 private:
  std::shared_ptr<state> state_;
};

namespace detail {

HALKA_API task<supervisor> start_supervisor_with(supervise_options options, std::string host, kept_worker_call call);

}  // namespace detail

/// Listens, and starts the workers: `fn(worker, args...)` or `fn(args...)` in processes of their own, as for `supervise`.
///
/// *Errors*: `std::system_error` of binding and of starting processes; then no worker runs.
template <class F, class... Args>
task<supervisor> start_supervisor(supervise_options const& options, F&& fn, Args&&... args) {
  return detail::start_supervisor_with(options, std::string(options.host),
                                       detail::keep_worker_call(std::forward<F>(fn), std::forward<Args>(args)...));
}

}  // namespace halka
