// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <string>

namespace halka {

/// An error that no caller waits for, as the exception handler of a loop is told of it.
struct exception_context {
  std::string message;           // what happened, with the name of the object: "exception in callback"
  std::exception_ptr exception;  // may be null
  std::uint64_t task_id = 0;     // the task that failed; 0 for none
  std::string task_name;
  std::string traceback;  // the exception with its way through the coroutines
};

using exception_handler = std::function<void(exception_context const&)>;

}  // namespace halka
