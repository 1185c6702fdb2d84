// SPDX-License-Identifier: MIT
#pragma once

#include <stop_token>
#include <string>

namespace halka::fs::detail {

/// Removes a tree, or a file; blocks meanwhile. *Errors*: as for `remove_tree`; `cancelled_error` when the token fires.
void remove_tree_blocking(std::stop_token stop, std::string const& path);

}  // namespace halka::fs::detail
