// SPDX-License-Identifier: MIT
#pragma once

#include "fault_plan.hpp"

#include <vector>

namespace halka::faults {

/// What may happen to an operation: the errors of its man page, those that any operation of io_uring may have (EINTR, EAGAIN,
/// ENOMEM), and what is no error.
std::vector<fault> allowed_faults(opcode code);

/// What may happen to a call, by its man page.
std::vector<fault> allowed_faults(call c);

}  // namespace halka::faults
