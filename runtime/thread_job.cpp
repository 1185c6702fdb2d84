// SPDX-License-Identifier: MIT
#include "thread_job.hpp"

namespace halka {

namespace {

thread_local thread_job* running = nullptr;

}  // namespace

thread_job::~thread_job() = default;

thread_job* thread_job::current() noexcept { return running; }

void thread_job::begin(worker_threads& workers, task_state& task, worker_threads::when_full full) {
  loop_ = &task.loop();
  home_ = loop_->address();
  context_ = task.context();
  waiting_ = &task;
  loop_->outside().hold();
  try {
    workers.submit(*this, full);
  } catch (...) {
    loop_->outside().unhold();
    throw;
  }
}

void thread_job::abandon() noexcept {
  waiting_ = nullptr;
  request_stop();
  phase expected = phase::queued;
  phase_.compare_exchange_strong(expected, phase::abandoned);
  if (asked_for_) asked_for_.cancel("the task that awaited the call on a worker thread was cancelled");
}

void thread_job::run() noexcept {
  phase expected = phase::queued;
  if (phase_.compare_exchange_strong(expected, phase::running)) {
    context_scope const scope(context_);
    running = this;
    call();
    running = nullptr;
  } else {
    call_was_dropped(nullptr);
  }
}

void thread_job::report() noexcept {
  std::shared_ptr<mailbox> const home = std::move(home_);  // the job may be gone as soon as it is posted
  if (!home->post(*this)) delete this;
}

void thread_job::drop(std::exception_ptr const& why) noexcept {
  call_was_dropped(why);
  report();
}

void thread_job::arrived(runnable& r) {
  auto& self = static_cast<thread_job&>(r);
  self.loop_->outside().unhold();
  self.arrived_ = true;
  if (self.waiting_)
    self.waiting_->wake();
  else
    delete &self;
}

}  // namespace halka
