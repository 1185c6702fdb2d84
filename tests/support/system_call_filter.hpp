// SPDX-License-Identifier: MIT
#pragma once

namespace halka::test {

/// From now on this system call fails with this errno in the calling thread, what it starts and what it executes. Filters add up.
/// False if that cannot be done.
bool refuse_system_call(long number, int error) noexcept;

/// The same, but the process is killed with SIGSYS.
bool kill_at_system_call(long number) noexcept;

}  // namespace halka::test
