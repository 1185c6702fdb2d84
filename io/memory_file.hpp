// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"

namespace halka::detail {

/// Opens a new file without a name that lies in memory and can be sealed. It is closed on exec and can never be executed where the
/// kernel knows of that (Linux 6.3; with vm.memfd_noexec = 2 it refuses all others).
///
/// *Result*: the descriptor, or -1 with errno. *Source*: memfd_create(2).
HALKA_API int open_memory_file(char const* name) noexcept;

}  // namespace halka::detail
