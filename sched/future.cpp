// SPDX-License-Identifier: MIT
#include "future.hpp"

#include "report.hpp"
#include "traceback.hpp"

#include <stdexcept>

namespace halka::detail {

void future_core::check_pending(char const* operation) const {
  if (done())
    throw invalid_state_error(std::string(operation) + ": the future is " + (phase_ == phase::cancelled ? "cancelled" : "set") +
                              " already");
}

void future_core::check_result() const {
  if (!done()) throw invalid_state_error("result of a future that is not set");
  retrieved_ = true;
  if (exception_) std::rethrow_exception(exception_);
}

std::exception_ptr future_core::exception() {
  if (!done()) throw invalid_state_error("exception of a future that is not set");
  retrieved_ = true;
  if (phase_ == phase::cancelled) std::rethrow_exception(exception_);
  return exception_;
}

void future_core::fail(std::exception_ptr e) {
  check_pending("set_exception");
  if (!e) throw std::invalid_argument("set_exception: no exception");
  exception_ = std::move(e);
  phase_ = phase::failed;
  waiters_.notify_all();
}

bool future_core::cancel(std::string_view reason) {
  retrieved_ = true;
  if (done()) return false;
  exception_ = std::make_exception_ptr(cancelled_error(reason));
  phase_ = phase::cancelled;
  waiters_.notify_all();
  return true;
}

callback_id future_core::add_callback(callback& c) {
  if (!done()) return callback_id{halka::add_done_callback(waiters_, loop_, c)};
  loop_.ready().push(c);
  return callback_id{};
}

future_core::~future_core() {
  drop_done_callbacks(waiters_);  // who awaits a future holds it, so there are no other waiters
  if (phase_ != phase::failed || retrieved_) return;
  try {
    exception_context context;
    context.message = "exception of the future made at " + place(made_at_) + " was never retrieved";
    context.exception = exception_;
    context.traceback = traceback(exception_);
    if (detail::current.loop == &loop_)
      loop_.call_exception_handler(context);
    else
      report(context.message + '\n' + context.traceback);  // its loop may be gone
  } catch (...) {
    report("exception of a future was never retrieved, and there is no memory to tell more");
  }
}

}  // namespace halka::detail
