// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"

#include <cstdint>

namespace halka::detail {

/// Whether a keeper (`io_backend::new_keeper`) was there before this process was forked from another: then its descriptor is the
/// parent's too, and is left as it is. *Thread safety*: any thread.
HALKA_API bool is_inherited(std::uint32_t keeper) noexcept;

}  // namespace halka::detail
