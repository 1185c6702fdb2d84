// SPDX-License-Identifier: MIT
#pragma once

// The loop: one per thread that runs tasks.
//
// A pass takes what other threads handed in, looks at the outside (or sleeps on it when nothing is ready), fires due timers, and
// then runs exactly what was ready at that moment; what becomes ready meanwhile waits for the next pass. Queue, timers, inbox,
// tasks and the outside are concepts of their own; this class only lets them take turns.

#include "callback.hpp"
#include "clock.hpp"
#include "exception_handler.hpp"
#include "export.hpp"
#include "fork_watch.hpp"
#include "mailbox.hpp"
#include "poller.hpp"
#include "runnable.hpp"
#include "running.hpp"
#include "timer_queue.hpp"

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace halka {

class any_task;
class schedule_fuzz;
class task_slab;
class task_state;

namespace detail {

template <class T>
concept starts_coroutine = requires {
  typename T::promise_type;
};

}  // namespace detail

/// Counters of a loop since it was made.
struct loop_statistics {
  std::uint64_t passes = 0;
  std::uint64_t steps = 0;  // task steps and callbacks
  std::uint64_t tasks_created = 0;
  std::size_t tasks_alive = 0;  // created and not done
  std::size_t timers = 0;       // set now
  std::uint64_t sleeps = 0;     // times the loop had nothing to run
};

/// Runs tasks and callbacks, one at a time, in the order in which they became ready. Programs get theirs from `run` or `runner`.
///
/// *Thread safety*: the loop's own thread, but for `call_soon_threadsafe`. A call from another thread is refused with
/// `std::logic_error` in debug mode.
/// *Source*: asyncio's event loop.
class HALKA_API event_loop {
 public:
  /// *Errors*: what the poller throws when it is attached.
  explicit event_loop(std::unique_ptr<poller> outside, bool debug = false);
  ~event_loop();
  event_loop(event_loop const&) = delete;
  event_loop& operator=(event_loop const&) = delete;

  // -- callbacks

  /// Calls `fn()` in the next pass. *Errors*: `std::logic_error` if the loop is closed.
  template <std::invocable F>
  timer_handle call_soon(F&& fn) {
    check_usable();
    callback& c = make_callback(std::forward<F>(fn));
    timer_handle handle(c);
    ready_.push(c);
    return handle;
  }

  /// Calls `fn()` when `delay` has passed; not later than the next pass if it is zero or negative. Equal deadlines: first come,
  /// first served.
  template <class Rep, class Period, std::invocable F>
  timer_handle call_later(std::chrono::duration<Rep, Period> delay, F&& fn) {
    return call_at(after(time(), delay), std::forward<F>(fn));
  }

  /// Calls `fn()` at `when` on the loop's clock.
  template <std::invocable F>
  timer_handle call_at(clock::time_point when, F&& fn) {
    check_usable();
    callback& c = make_callback(std::forward<F>(fn));
    timer_handle handle(c);
    schedule(c, when);
    return handle;
  }

  /// Calls `fn()` in the next pass; wakes the loop if it sleeps. Calls of one thread keep their order. If the loop ends before, the
  /// function is destroyed uncalled, in the loop's thread.
  ///
  /// *Errors*: `std::logic_error` if the loop is closed.
  /// *Thread safety*: any thread, as long as the loop exists.
  template <std::invocable F>
  void call_soon_threadsafe(F&& fn) {
    callback& c = make_callback(std::forward<F>(fn));
    std::shared_ptr<mailbox> const home = mailbox_;  // the call may be the one that ends the loop
    if (home->post(c)) return;
    c.release();
    throw_closed();
  }

  // -- time and life

  /// The loop's time.
  clock::time_point time() const noexcept {
    clock::time_point const* const replaced = poller_->virtual_now();
    return replaced ? *replaced : clock::monotonic();
  }

  /// Runs until `stop`. *Errors*: `std::logic_error` if a loop runs on this thread already or this one is closed;
  /// `keyboard_interrupt` if a task or callback threw it.
  void run_forever();

  /// Lets `run_forever` return after the pass that is being run, or after one pass if it is not running.
  void stop() noexcept { stopping_ = true; }

  /// Releases everything; the loop can not be used again. Tasks that have not ended are reported and destroyed where they are.
  /// Harmless when called again. *Errors*: `std::logic_error` while the loop runs.
  void close();

  bool is_running() const noexcept { return running_on_ != std::thread::id(); }
  bool is_closed() const noexcept { return closed_; }
  /// Whether it belongs to the process that forked this one. It is closed then, and everything in it stays as it was.
  bool is_forked() const noexcept { return forked_; }
  bool debug() const noexcept { return debug_; }
  loop_statistics statistics() const noexcept;

  // -- errors that no caller waits for

  /// Replaces the handler; an empty one restores the default, which reports to `report`.
  void set_exception_handler(exception_handler handler) { exception_handler_ = std::move(handler); }

  /// Tells the handler. Never throws: a handler that fails is itself reported.
  void call_exception_handler(exception_context const& context) noexcept;

  // -- descriptors

  /// Calls `fn()` in every pass in which `fd` can be read without blocking, until `remove_reader`; replaces a function set before.
  ///
  /// *Lifetime*: remove the reader before the descriptor is closed.
  void add_reader(int fd, std::function<void()> fn) { watch(fd, direction::read, std::move(fn)); }
  void add_writer(int fd, std::function<void()> fn) { watch(fd, direction::write, std::move(fn)); }
  /// True if there was one.
  bool remove_reader(int fd) { return poller_->unwatch(fd, direction::read); }
  bool remove_writer(int fd) { return poller_->unwatch(fd, direction::write); }

  // -- signals

  /// Calls `fn(args...)` in the loop, which it wakes, when the process has got the signal, until `remove_signal_handler`; replaces
  /// a function set before. A signal that comes again before the call is the same call. It does not matter on which thread the
  /// signal arrives, and several loops may have handlers for one signal. Ctrl-C does not cancel the main task while there is a
  /// handler for SIGINT. The end of the loop removes all handlers.
  ///
  /// *Errors*: `std::logic_error` for a signal that cannot be caught; `std::invalid_argument` if it is no signal's number.
  template <class F, class... Args>
  requires std::invocable < std::decay_t<F>
  &, std::decay_t<Args>&... > void add_signal_handler(int number, F&& fn, Args&&... args) {
    static_assert(!detail::starts_coroutine<std::invoke_result_t<std::decay_t<F>&, std::decay_t<Args>&...>>,
                  "a signal handler is a plain function; it may create_task what shall run");
    check_usable();
    if constexpr (sizeof...(Args) == 0)
      poller_->watch_signal(number, detail::in_current_context(std::decay_t<F>(std::forward<F>(fn))));
    else
      poller_->watch_signal(number, detail::in_current_context([fn = std::decay_t<F>(std::forward<F>(fn)),
                                                                ... args = std::decay_t<Args>(std::forward<Args>(args))]() mutable {
                              std::invoke(fn, args...);
                            }));
  }
  /// True if there was one. The last one that goes, of the whole process, puts back what the signal did before.
  bool remove_signal_handler(int number) { return poller_->unwatch_signal(number); }

  // -- for what is built on the loop

  poller& outside() noexcept { return *poller_; }
  ready_queue& ready() noexcept { return ready_; }
  timer_queue& timers() noexcept { return timers_; }
  task_slab& tasks() noexcept { return *tasks_; }
  std::vector<any_task> all_tasks() const;
  std::size_t tasks_alive() const noexcept { return statistics_.tasks_alive; }

  /// One that is due already fires in the next pass.
  void set_timer(timer& t, clock::time_point when) { timers_.add(t, when); }

  /// The address to which other threads send what the loop shall run; it outlives the loop.
  std::shared_ptr<mailbox> const& address() const noexcept { return mailbox_; }

  /// Lets the loop call `on_nudge` and `poller::nudged` in its next pass. Async-signal-safe.
  void nudge() noexcept;
  /// Called in the loop after a `nudge`; empty for none.
  std::function<void()> on_nudge;

  /// From the next pass on, runs what is ready in the orders of `schedule_fuzz`.
  void fuzz_schedule(std::uint64_t seed);
  /// What `fuzz_schedule` set; null if nothing.
  schedule_fuzz const* fuzz() const noexcept { return fuzz_.get(); }

  /// Where the runtime keeps the worker threads of `to_thread`; they are gone before the loop is.
  std::shared_ptr<void> default_executor;

  void check_usable() const {
    if (closed_ || debug_) [[unlikely]]
      check_closely();
  }
  void task_created() noexcept {
    ++statistics_.tasks_created;
    ++statistics_.tasks_alive;
  }
  void task_ended() noexcept { --statistics_.tasks_alive; }
  std::uint64_t next_task_id() noexcept { return statistics_.tasks_created + 1; }
  /// Grows with each call (cancel_request.hpp).
  std::uint64_t next_block_number() noexcept { return ++last_block_number_; }

 private:
  friend class callback;
  template <class F>
  callback& make_callback(F&& fn) {
    return *new detail::callback_of<std::decay_t<F>>(*this, std::forward<F>(fn));
  }
  [[noreturn]] void throw_closed() const;
  void check_closely() const;
  void schedule(callback& c, clock::time_point when);
  void watch(int fd, direction d, std::function<void()> fn);
  void look_around();
  void look_outside();
  void run_ready();
  struct batch;
  runnable* take_fuzzed();
  void destroy_leftovers() noexcept;
  void drain_queue() noexcept;

  ready_queue ready_;
  timer_queue timers_;
  bool stopping_ = false;
  bool closed_ = false;
  bool forked_ = false;
  bool debug_;
  loop_statistics statistics_;
  std::uint64_t last_block_number_ = 0;
  std::unique_ptr<poller> poller_;
  std::shared_ptr<mailbox> mailbox_;
  task_slab* tasks_;  // made last of what is allocated: nothing throws between it and the constructor's body
  exception_handler exception_handler_;
  std::thread::id running_on_;
  std::unique_ptr<schedule_fuzz> fuzz_;

  /// The message that a signal handler sends: it cannot allocate one.
  struct nudge_message : runnable {
    explicit nudge_message(event_loop& l) noexcept : runnable{nullptr, arrived}, loop(l) {}
    static void arrived(runnable& r);
    event_loop& loop;
    std::atomic<bool> sent = false;
  };
  nudge_message nudge_;

  struct fork_watch final : detail::fork_watcher {
    explicit fork_watch(event_loop& l) : loop(l) {}
    void forked() noexcept override;
    event_loop& loop;
  };
  fork_watch fork_watch_;
  batch* pass_ = nullptr;  // the steps of the pass that is run
};

}  // namespace halka
