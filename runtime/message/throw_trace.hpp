// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"

#include <cstdint>
#include <exception>
#include <vector>

namespace halka::detail {

/// From now on the stack is noted wherever an exception is thrown, in the program and in its libraries. For worker processes, whose
/// exceptions are told elsewhere. Harmless when called again; libraries that were loaded meanwhile are then included. Does nothing
/// under a sanitizer, or where the C++ library is linked statically.
HALKA_API void trace_throws();

/// Whether trace_throws() was called and does something.
HALKA_API bool throws_are_traced() noexcept;

/// While it lives, notes of this thread end at the frame of the function that made it.
class HALKA_API throw_trace_end {
 public:
  explicit throw_trace_end(void const* frame) noexcept;
  throw_trace_end(throw_trace_end const&) = delete;
  throw_trace_end& operator=(throw_trace_end const&) = delete;
  ~throw_trace_end();

 private:
  void const* outer_;
};

/// The return addresses that were on the stack when the exception was first thrown, innermost first; empty if it was not noted, or
/// too many others were thrown since.
HALKA_API std::vector<std::uintptr_t> throw_trace(std::exception_ptr const& e);

}  // namespace halka::detail
