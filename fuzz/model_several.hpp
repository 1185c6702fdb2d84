// SPDX-License-Identifier: MIT
#pragma once

// Waiting for several tasks in the model: asyncio's gather, wait, shield and as_completed, and halka's race. Where halka decides
// otherwise (docs/design.md), it says `rules::halka`.

#include "model_loop.hpp"

#include <cstddef>
#include <vector>

namespace halka::fuzz::model {

enum class until { first_completed, first_exception, all_completed };

/// Waits for some of the tasks, and lets them alone.
co wait(loop& l, std::vector<task_ptr> tasks, until when);
co shield(loop& l, task_ptr inner);
/// The first failure; without `all` only cancellations of who waits.
co gather(loop& l, std::vector<task_ptr> tasks, bool all);
/// halka's alone: the first that ends cancels the others; all are waited for.
co race(loop& l, std::vector<task_ptr> tasks, std::size_t& winner);
/// The first `most` that end, in order; in halka, leaving early cancels those that were made for it.
co as_completed(loop& l, std::vector<task_ptr> tasks, std::size_t most, bool made_for_it, std::vector<task_ptr>& ended);

}  // namespace halka::fuzz::model
