// SPDX-License-Identifier: MIT
#pragma once

#include "export.hpp"

#include <exception>
#include <source_location>
#include <string>
#include <vector>

namespace halka {

/// The coroutines through which an exception has left so far, innermost first. Kept in the task, and only for the exception that is
/// on its way; it costs nothing until something is thrown.
struct exception_trace {
  struct step {
    std::source_location coroutine;
    std::source_location where;  // the co_await that it was at
  };
  std::exception_ptr exception;  // held, so that its address stays its identity
  std::vector<step> steps;

  /// Adds a step; a trace of another exception is forgotten.
  void add(std::exception_ptr const& e, step s);

  std::string to_string() const;
};

/// The way of an exception out of its task, as Python prints it:
///
///     Traceback (most recent await last):
///       async_main    demo.cpp:31
///       fetch         demo.cpp:19
///     std::runtime_error: connection lost
///
/// *Result*: one string without a final line break; only the last line for an exception whose way is not known. Known are the
/// exception that ended a task whose handle still exists, and the one that left `run` last on this thread.
/// *Source*: Python's traceback.format_exception.
HALKA_API std::string traceback(std::exception_ptr const& e);

namespace detail {
/// Remembers the trace of an exception that leaves `run`, for `traceback` and for the report of an uncaught exception.
HALKA_API void leave_run_with(std::exception_ptr const& e, exception_trace const* trace) noexcept;
}  // namespace detail

}  // namespace halka
