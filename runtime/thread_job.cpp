// SPDX-License-Identifier: MIT
#include "thread_job.hpp"

namespace halka {

thread_job::~thread_job() = default;

void thread_job::begin(worker_threads& workers, task_state& task) {
  loop_ = &task.loop();
  home_ = loop_->address();
  context_ = task.context();
  waiting_ = &task;
  loop_->outside().hold();
  try {
    workers.submit(*this);
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
}

void thread_job::run() noexcept {
  phase expected = phase::queued;
  if (phase_.compare_exchange_strong(expected, phase::running)) {
    context_scope const scope(context_);
    call();
  } else {
    call_was_dropped();
  }
  send_home();
}

void thread_job::drop() noexcept {
  call_was_dropped();
  send_home();
}

void thread_job::send_home() noexcept {
  std::shared_ptr<mailbox> const home = home_;  // the job may be gone as soon as it is posted
  if (!home->post(*this)) delete this;
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
