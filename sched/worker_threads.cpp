// SPDX-License-Identifier: MIT
#include "worker_threads.hpp"

#include <pthread.h>
#include <algorithm>
#include <csignal>
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

}  // namespace

worker_threads::worker_threads(std::size_t limit, std::string const& name, std::function<void()> initializer)
    : limit_(std::max<std::size_t>(1, limit)), name_(name.substr(0, 15)), initializer_(std::move(initializer)) {}

worker_threads::~worker_threads() {
  close(false);
  join();
}

void worker_threads::submit(worker_job& job) {
  std::lock_guard const lock(mutex_);
  if (closed_) throw std::logic_error("thread pool: cannot submit after shutdown");
  if (statistics_.idle <= statistics_.queued && threads_.size() < limit_) {
    try {
      all_signals_blocked const inherited;
      threads_.emplace_back([this] { work(); });
      ++statistics_.threads;
      ++working_threads_;
    } catch (std::system_error const& e) {
      if (threads_.empty()) throw std::system_error(e.code(), "thread pool: cannot start a thread");
    }
  }
  job.next_ = nullptr;
  (last_ ? last_->next_ : first_) = &job;
  last_ = &job;
  ++statistics_.queued;
  wake_.notify_one();
}

worker_job* worker_threads::take_queued() noexcept {
  worker_job* const job = first_;
  first_ = job->next_;
  if (!first_) last_ = nullptr;
  --statistics_.queued;
  return job;
}

void worker_threads::work() {
  pthread_setname_np(pthread_self(), name_.c_str());
  if (initializer_) initializer_();
  std::unique_lock lock(mutex_);
  while (true) {
    ++statistics_.idle;
    wake_.wait(lock, [this] { return first_ || closed_; });
    --statistics_.idle;
    if (!first_) break;
    worker_job* const job = take_queued();
    lock.unlock();
    job->run();
    lock.lock();
    ++statistics_.completed;
  }
  if (--working_threads_ > 0) return;
  std::vector<std::function<void()>> const told = std::exchange(on_end_, {});
  lock.unlock();
  for (auto const& tell : told) tell();
}

void worker_threads::close(bool drop_queued, std::function<void()> on_end) {
  worker_job* dropped = nullptr;
  bool ended = false;
  {
    std::lock_guard const lock(mutex_);
    closed_ = true;
    if (drop_queued) {
      dropped = std::exchange(first_, nullptr);
      last_ = nullptr;
      statistics_.queued = 0;
    }
    ended = working_threads_ == 0;
    if (on_end && !ended) on_end_.push_back(std::exchange(on_end, nullptr));
    wake_.notify_all();
  }
  while (dropped) {
    worker_job* const next = dropped->next_;
    dropped->drop();
    dropped = next;
  }
  if (ended && on_end) on_end();
}

void worker_threads::join() {
  for (std::thread& t : threads_)
    if (t.joinable()) t.join();
}

bool worker_threads::closed() const {
  std::lock_guard const lock(mutex_);
  return closed_;
}

worker_statistics worker_threads::statistics() const {
  std::lock_guard const lock(mutex_);
  return statistics_;
}

}  // namespace halka
