// SPDX-License-Identifier: MIT
#pragma once

#include "../io_operation.hpp"

#include <bitset>

struct io_uring;
struct io_uring_sqe;

namespace halka {

/// The operations of the kernel that a ring knows, by number.
using kernel_operations = std::bitset<256>;

/// Asks the kernel.
kernel_operations probe_operations(io_uring& ring);

/// Writes an operation into a submission entry. One that the kernel does not know becomes the nearest that it does, and
/// `left_to_caller` is set: the caller makes the call itself when that has completed.
void prepare(io_uring_sqe& sqe, io_operation& op, kernel_operations const& known) noexcept;

}  // namespace halka
