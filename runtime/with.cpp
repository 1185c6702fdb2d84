// SPDX-License-Identifier: MIT
#include "with.hpp"

#include "../sched/event_loop.hpp"
#include "../sched/running.hpp"
#include "../sched/traceback.hpp"

namespace halka::detail {

void leave_with(std::exception_ptr body, std::exception_ptr closing) {
  if (body && closing) {
    exception_context context;
    context.message = "exception while closing a resource after another exception";
    context.exception = closing;
    context.traceback = traceback(closing);
    detail::current.loop->call_exception_handler(context);
  }
  if (body) std::rethrow_exception(std::move(body));
  if (closing) std::rethrow_exception(std::move(closing));
}

}  // namespace halka::detail
