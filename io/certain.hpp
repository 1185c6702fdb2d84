// SPDX-License-Identifier: MIT
#pragma once

#include "operation_awaiter.hpp"

#include <utility>

namespace halka::detail {

/// A request that is carried out whatever happens to the task: for cleaning up after a failure or a cancellation, which comes at
/// the next suspension.
template <class Request>
struct certain : Request {
  static constexpr bool must_happen = true;
};

template <class Request>
operation<certain<Request>> certainly(Request request) {
  return operation<certain<Request>>(certain<Request>{std::move(request)});
}

}  // namespace halka::detail
