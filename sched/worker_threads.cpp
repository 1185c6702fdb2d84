// SPDX-License-Identifier: MIT
#include "worker_threads.hpp"

#include "clock.hpp"
#include "errors.hpp"
#include "fork_watch.hpp"
#include "report.hpp"

#include <pthread.h>
#include <algorithm>
#include <csignal>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace halka {

namespace {

/// Signals are for the program's own threads: a worker starts with all of them blocked.
class all_signals_blocked {
 public:
  all_signals_blocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~all_signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  all_signals_blocked(all_signals_blocked const&) = delete;
  all_signals_blocked& operator=(all_signals_blocked const&) = delete;

 private:
  sigset_t before_;
};

thread_local worker_threads const* working_for = nullptr;

}  // namespace

worker_threads::worker_threads(std::size_t limit, std::string const& name, std::function<void()> initializer,
                               std::size_t queue_limit)
    : limit_(std::max<std::size_t>(1, limit)),
      queue_limit_(queue_limit),
      name_(name.substr(0, 15)),
      initializer_(std::move(initializer)) {
  sem_init(&wake_, 0, 0);
}

worker_threads::~worker_threads() {
  if (forked_) static_cast<void>(new (std::nothrow) auto(std::move(threads_)));  // they can be neither joined nor forgotten here
  close(false);
  join();
  sem_destroy(&wake_);
}

// --- Submitting ---------------------------------------------------------------------------------

void worker_threads::submit(worker_job& job, when_full full) {
  if (forked_) [[unlikely]]
    detail::throw_forked("this thread pool");
  // The counters are relaxed: each is right by itself, and jobs are handed over by the stack.
  std::uint64_t const finished = finished_.load(std::memory_order_relaxed);
  std::size_t const unfinished = submitted_.fetch_add(1, std::memory_order_relaxed) + 1 - finished;
  try {
    if (full == when_full::refuse && queue_limit_ != 0 && unfinished > limit_ + queue_limit_) throw queue_full();
    if (unfinished > started_.load(std::memory_order_relaxed)) {
      if (started_.load(std::memory_order_relaxed) < limit_) start_thread();
      note_queued(unfinished);
    }
    if (!queue_.push(job)) refuse();
  } catch (...) {
    submitted_.fetch_sub(1, std::memory_order_relaxed);
    throw;
  }
  wake_somebody();
}

void worker_threads::note_queued(std::size_t unfinished) noexcept {
  std::size_t const started = started_.load(std::memory_order_relaxed);
  if (unfinished <= started) return;
  std::size_t const queued = queue_limit_ ? std::min(unfinished - started, queue_limit_) : unfinished - started;
  std::size_t peak = peak_queued_.load(std::memory_order_relaxed);
  while (peak < queued && !peak_queued_.compare_exchange_weak(peak, queued, std::memory_order_relaxed)) {
  }
}

void worker_threads::start_thread() {
  std::lock_guard const lock(mutex_);
  if (closing_ || threads_.size() >= limit_) return;
  try {
    all_signals_blocked const inherited;
    threads_.emplace_back([this] { work(); });
    started_.store(threads_.size(), std::memory_order_relaxed);
    ++working_threads_;
  } catch (std::system_error const& e) {
    if (threads_.empty()) throw std::system_error(e.code(), "thread pool: cannot start a thread");
  }
}

void worker_threads::refuse() const {
  std::lock_guard const lock(mutex_);
  if (broken_) std::rethrow_exception(broken_);
  throw std::logic_error("thread pool: cannot submit after shutdown");
}

void worker_threads::wake_somebody() noexcept {
  while (!looking_.load() && sleeping_.load() != 0) {
    if (looking_.exchange(true)) return;  // somebody else wakes one, and looks again himself if there was none
    if (take_sleeper()) {
      sem_post(&wake_);
      return;
    }
    // Between the two, others may have relied on the one who looks.
    looking_.store(false);
    if (!queue_.calls()) return;
  }
}

bool worker_threads::take_sleeper() noexcept {
  unsigned sleepers = sleeping_.load();
  while (sleepers != 0)
    if (sleeping_.compare_exchange_weak(sleepers, sleepers - 1)) return true;
  return false;
}

// --- Working ------------------------------------------------------------------------------------

void worker_threads::work() {
  pthread_setname_np(pthread_self(), name_.c_str());
  working_for = this;
  for (worker self; initialize(self);) {
    bool const last = queue_.closed();  // before looking: nothing comes after it
    worker_job* const job = queue_.take();
    if (!job) {
      if (last) break;
      wait(self);
      continue;
    }
    if (std::exchange(self.looks, false)) {
      looking_.store(false);
      if (queue_.calls()) wake_somebody();
    }
    job->run();
    finished_.fetch_add(1, std::memory_order_relaxed);  // relaxed: a counter
    job->report();
  }
  std::unique_lock lock(mutex_);
  if (--working_threads_ > 0) return;
  std::vector<std::function<void()>> const told = std::exchange(on_end_, {});
  lock.unlock();
  for (auto const& tell : told) tell();
}

/// The first time in a thread: calls the initializer. False if it failed.
bool worker_threads::initialize(worker& self) noexcept {
  if (std::exchange(self.initialized, true) || !initializer_) return true;
  try {
    initializer_();
    return true;
  } catch (...) {
    auto const why =
        std::make_exception_ptr(std::runtime_error("thread pool: its initializer failed: " + describe(std::current_exception())));
    worker_job* dropped = nullptr;
    {
      std::lock_guard const lock(mutex_);
      if (!broken_) broken_ = why;
      dropped = shut(true);
    }
    drop(dropped, why);
    return false;
  }
}

void worker_threads::wait(worker& self) noexcept {
  if (!self.looks && self.spin.pays()) self.looks = !looking_.exchange(true);
  if (self.looks && self.spin.pays() && look(self)) return;
  if (std::exchange(self.looks, false)) looking_.store(false);
  sleeping_.fetch_add(1);
  if (queue_.calls() && take_sleeper()) {
    self.looks = !looking_.exchange(true);  // for the other jobs of those who saw this thread look a moment ago
    return;
  }
  bool const measures = adaptive_spin::can_pay();
  auto const begin = measures ? clock::monotonic() : clock::time_point();
  while (sem_wait(&wake_) != 0) {  // a signal
  }
  self.looks = true;
  if (measures) self.spin.slept(clock::monotonic() - begin, 1);
}

bool worker_threads::look(worker& self) noexcept {
  auto const end = clock::monotonic() + adaptive_spin::longest;
  bool found = false;
  do {
    for (int i = 0; i < 32 && !found; ++i) {
      found = queue_.calls();
      detail::pause_processor();
    }
  } while (!found && clock::monotonic() < end);
  self.spin.spun(found ? 1 : 0);
  return found;
}

// --- Ending -------------------------------------------------------------------------------------

/// Accepts no more jobs and wakes everybody; the jobs that are to be dropped. Under mutex_.
worker_job* worker_threads::shut(bool drop_queued) noexcept {
  closing_ = true;
  worker_job* const dropped = queue_.close(drop_queued);
  while (take_sleeper()) sem_post(&wake_);
  return dropped;
}

void worker_threads::drop(worker_job* jobs, std::exception_ptr const& why) noexcept {
  while (jobs) {
    worker_job* const next = job_queue::next(*jobs);
    dropped_.fetch_add(1, std::memory_order_relaxed);  // relaxed: counters
    finished_.fetch_add(1, std::memory_order_relaxed);
    jobs->drop(why);
    jobs = next;
  }
}

void worker_threads::close(bool drop_queued, std::function<void()> on_end) {
  if (forked_) return;
  worker_job* dropped = nullptr;
  bool ended = false;
  std::exception_ptr why;  // made first: once the pool is shut nothing may fail
  if (drop_queued) why = std::make_exception_ptr(cancelled_error("the thread pool was shut down"));
  {
    std::lock_guard const lock(mutex_);
    ended = working_threads_ == 0;
    if (on_end && !ended) on_end_.push_back(std::exchange(on_end, nullptr));
    dropped = shut(drop_queued);
  }
  if (dropped) drop(dropped, why);
  if (ended && on_end) on_end();
}

void worker_threads::join() {
  if (forked_) return;
  if (on_own_thread()) {
    report("a thread pool ends on one of its own threads, which would wait for itself");
    std::terminate();
  }
  std::lock_guard const lock(joining_);
  for (std::thread& t : threads_)
    if (t.joinable()) t.join();
}

bool worker_threads::on_own_thread() const noexcept { return working_for == this; }

worker_statistics worker_threads::statistics() const {
  worker_statistics s;
  // The smaller ones first: a job is submitted before it is finished, and finished in the end if it was dropped.
  std::uint64_t const dropped = dropped_.load();
  std::uint64_t const finished = finished_.load();
  std::size_t const unfinished = submitted_.load() - finished;
  s.threads = started_.load();
  std::size_t const running = std::min(unfinished, s.threads);
  s.idle = s.threads - running;
  s.queued = unfinished - running;
  if (queue_limit_ != 0 && s.queued > queue_limit_) {
    s.waiting = s.queued - queue_limit_;
    s.queued = queue_limit_;
  }
  s.peak_queued = peak_queued_.load();
  s.completed = finished - dropped;
  return s;
}

}  // namespace halka
