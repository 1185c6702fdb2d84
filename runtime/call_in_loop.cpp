// SPDX-License-Identifier: MIT
#include "call_in_loop.hpp"

#include "../sched/errors.hpp"

#include <stdexcept>

namespace halka {

namespace {

thread_job& running_job() {
  if (thread_job* const job = thread_job::current()) return *job;
  throw std::logic_error(
      "call_in_loop is for functions that to_thread or a thread_pool runs; on other threads use "
      "run_coroutine_threadsafe(coroutine, "
      "loop)");
}

}  // namespace

loop_call::loop_call() : runnable{nullptr, arrived}, job_(running_job()), context_(current_context()) {}

loop_call::~loop_call() = default;

void loop_call::send(std::unique_ptr<loop_call> request) {
  mailbox& home = *request->job_.home_;
  if (home.post(*request)) static_cast<void>(request.release());  // the loop's now
}

void loop_call::arrived(runnable& r) {
  std::unique_ptr<loop_call> const self(static_cast<loop_call*>(&r));
  if (self->job_.loop_->is_closed()) return;
  if (!self->job_.waiting_)
    return self->refuse(std::make_exception_ptr(cancelled_error("the task that awaited the call was cancelled")));
  context_scope const scope(self->context_);
  self->start();
}

void loop_call::began(any_task const& task) {
  // The call waits for this task: it does not hold a virtual clock meanwhile.
  thread_job* const job = &job_;
  job->loop_->outside().unhold();
  job->asked_for_ = task;
  task.add_done_callback([job] {
    job->loop_->outside().hold();
    job->asked_for_ = {};
  });
}

}  // namespace halka
