// SPDX-License-Identifier: MIT
#pragma once

#include "fixture.hpp"

#include <exception>
#include <string>
#include <utility>

namespace halka::test {

/// The text of the exception that a coroutine ends with; "none" if it ends well.
inline task<std::string> error_of(task<> attempt) {
  try {
    co_await std::move(attempt);
  } catch (std::exception const& e) {
    co_return e.what();
  }
  co_return "none";
}

}  // namespace halka::test
