// SPDX-License-Identifier: MIT
#pragma once

#include "../io_operation.hpp"

#include <bitset>

struct io_uring;
struct io_uring_sqe;

namespace halka {

/// The operations of the kernel that a ring knows, by number.
using kernel_operations = std::bitset<256>;

/// Asks the kernel. *Result*: 0, or a negative errno; -EINVAL if one is missing without which `prepare` cannot do.
int probe_operations(io_uring& ring, kernel_operations& known) noexcept;

/// Writes an operation into a submission entry. One that the kernel does not know becomes the nearest that it does, and
/// `left_to_caller` is set: the caller makes the call itself when that has completed.
void prepare(io_uring_sqe& sqe, io_operation& op, kernel_operations const& known) noexcept;

}  // namespace halka
