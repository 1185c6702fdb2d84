// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/certain.hpp"
#include "../../io/ops/unlink.hpp"

#include <string>
#include <utility>

namespace halka::fs::detail {

/// Removes a name also while the task is being cancelled. Made outside of the coroutines: g++ 12 destroys a request that is a
/// temporary of an awaiting expression twice.
inline auto unlink_certainly(std::string path) { return halka::detail::certainly(io::unlink_request{std::move(path), false}); }

}  // namespace halka::fs::detail
