// SPDX-License-Identifier: MIT
#include "event_loop.hpp"

#include "any_task.hpp"
#include "compiler.hpp"
#include "errors.hpp"
#include "frame_pool.hpp"
#include "promise_base.hpp"
#include "report.hpp"
#include "schedule_fuzz.hpp"
#include "task_slab.hpp"
#include "task_state.hpp"
#include "traceback.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace halka {

namespace {

/// How much stack a chain of transfers may use before the loop takes over.
constexpr std::uintptr_t transfer_stack = 96 * 1024;

void default_exception_handler(exception_context const& context) {
  std::string text = context.message;
  if (!context.traceback.empty())
    text += '\n' + context.traceback;
  else if (context.exception)
    text += ": " + traceback(context.exception);
  report(text);
}

}  // namespace

event_loop::event_loop(std::unique_ptr<poller> outside, bool debug)
    : debug_(debug),
      poller_(std::move(outside)),
      mailbox_(std::make_shared<mailbox>(*poller_)),
      tasks_(new task_slab(*this)),
      nudge_(*this),
      fork_watch_(*this) {
  try {
    poller_->attach(*this);
  } catch (...) {
    tasks_->abandon();
    throw;
  }
}

event_loop::~event_loop() {
  if (!closed_) close();
  // What the kernel does with its memory concerns the parent, and tasks that still know it stay where they are.
  if (forked_) static_cast<void>(poller_.release());
}

void event_loop::throw_closed() const {
  if (forked_) detail::throw_forked("this event loop");
  throw std::logic_error("event loop is closed");
}

void event_loop::check_closely() const {
  if (closed_) throw_closed();
  if (running_on_ != std::thread::id() && running_on_ != std::this_thread::get_id())
    throw std::logic_error("a loop was used from another thread: use call_soon_threadsafe or run_coroutine_threadsafe");
}

void event_loop::schedule(callback& c, clock::time_point when) {
  c.when_ = when;
  try {
    timers_.add(c, when);
  } catch (...) {
    c.release();
    throw;
  }
}

void event_loop::watch(int fd, direction d, std::function<void()> fn) {
  check_usable();
  poller_->watch(fd, d, detail::in_current_context(std::move(fn)));
}

/// What a step makes ready waits for the next pass. If a step throws (it was interrupted), the rest of the pass is kept.
struct event_loop::batch {
  event_loop& loop;
  runnable* list;
  ~batch() {
    detail::current.task = nullptr;
    loop.pass_ = nullptr;
    loop.ready_.put_back(list);
  }
};

inline void event_loop::run_ready() {
  batch now{*this, fuzz_ ? take_fuzzed() : ready_.take()};
  pass_ = &now;
  std::uint64_t steps = 0;
  while (now.list) {
    runnable& r = *now.list;
    now.list = r.next;
    __builtin_prefetch(now.list);
    ++steps;
    task_state::run_queued(r);
  }
  statistics_.steps += steps;
}

runnable* event_loop::take_fuzzed() {
  detail::current.step_budget = fuzz_->budget();
  return fuzz_->take(ready_);
}

void event_loop::fuzz_schedule(std::uint64_t seed) { fuzz_ = std::make_unique<schedule_fuzz>(seed); }

void event_loop::run_forever() {
  if (closed_) throw_closed();
  if (detail::current.loop) throw std::logic_error("cannot run an event loop while another one is running on this thread");
  running_on_ = std::this_thread::get_id();
  detail::current = {};
  detail::current.loop = this;
  detail::current.stack_limit = detail::stack_position() - transfer_stack;
  struct leave {
    event_loop& loop;
    bool filled;  // freed frames, before
    ~leave() {
      detail::fill_freed_frames(filled);
      detail::current = {};
      loop.running_on_ = {};
      loop.stopping_ = false;
    }
  } const at_the_end{*this, detail::fill_freed_frames(debug_)};
  do {
    ++statistics_.passes;
    // Most passes of a busy loop find that nobody outside wants anything.
    if (ready_.empty() || !mailbox_->contents().empty() || !timers_.empty() || poller_->wants_poll()) look_around();
    run_ready();
  } while (!stopping_);
  if (forked_) [[unlikely]]
    throw_closed();
}

/// In the child: the other steps of the pass are the parent's, and so is all that the kernel does for this loop.
void event_loop::fork_watch::forked() noexcept {
  loop.forked_ = loop.closed_ = loop.stopping_ = true;
  if (loop.pass_) loop.pass_->list = nullptr;
  loop.mailbox_->contents().close(loop.ready_);  // other threads are not here, but their objects may be used
  loop.poller_->forked();
}

void event_loop::look_around() {
  look_outside();
  if (inbox& sent = mailbox_->contents(); !sent.empty()) sent.take(ready_);
  if (!timers_.empty()) timers_.fire_due(time());
}

void event_loop::look_outside() {
  inbox& sent = mailbox_->contents();
  if (ready_.empty() && sent.empty() && !stopping_) {
    clock::time_point const deadline = timers_.next_deadline();
    if (deadline == never || deadline > time()) {
      ++statistics_.sleeps;
      if (poller_->look_first(sent, deadline) || !sent.sleep()) return;
      struct wake_up {
        inbox& box;
        ~wake_up() { box.awake(); }
      } const afterwards{sent};
      poller_->wait(deadline);
      return;
    }
  }
  if (poller_->wants_poll()) poller_->poll();
}

loop_statistics event_loop::statistics() const noexcept {
  loop_statistics s = statistics_;
  s.timers = timers_.size();
  return s;
}

std::vector<any_task> event_loop::all_tasks() const {
  std::vector<any_task> result;
  if (statistics_.tasks_alive == 0) return result;
  tasks_->for_each([&](task_state& t) {
    if (!t.done()) result.emplace_back(t);
  });
  std::ranges::sort(result, {}, &any_task::id);
  return result;
}

void event_loop::call_exception_handler(exception_context const& context) noexcept {
  exception_handler const handler = exception_handler_;  // it may replace itself
  try {
    if (handler)
      handler(context);
    else
      default_exception_handler(context);
    return;
  } catch (...) {
    report("unhandled error in exception handler: " + describe(std::current_exception()));
  }
  try {
    default_exception_handler(context);
  } catch (...) {
    report("an error was lost: " + context.message);
  }
}

void event_loop::nudge() noexcept {
  if (nudge_.sent.exchange(true)) return;
  if (mailbox_->contents().push(nudge_) == inbox::pushed::loop_sleeps) poller_->wake();
}

void event_loop::nudge_message::arrived(runnable& r) {
  auto& self = static_cast<nudge_message&>(r);
  self.sent = false;
  if (self.loop.is_closed()) return;
  if (self.loop.on_nudge) self.loop.on_nudge();
  self.loop.outside().nudged();
}

void event_loop::close() {
  if (closed_) return;
  if (is_running()) throw std::logic_error("cannot close a running event loop");
  closed_ = true;
  mailbox_->close(ready_);
  poller_->drain();
  destroy_leftovers();
  tasks_->abandon();
}

void event_loop::destroy_leftovers() noexcept {
  // With the loop closed, queued callbacks only release themselves and steps do nothing. `pending` keeps the records alive while
  // they may still be queued.
  std::vector<any_task> const pending = all_tasks();
  for (any_task const& task : pending) report("task was destroyed but it is pending: " + task.description());
  timers_.fire_due(never);
  drain_queue();
  for (any_task const& task : pending) task.state().abandon();
  drain_queue();
}

void event_loop::drain_queue() noexcept {
  while (!ready_.empty()) {
    runnable& r = ready_.pop();
    if (!task_state::is_step(r)) r.run(r);
  }
}

}  // namespace halka
