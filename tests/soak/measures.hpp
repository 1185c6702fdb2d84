// SPDX-License-Identifier: MIT
#pragma once

#include <halka/sched/compiler.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace soak {

/// The sanitizers keep memory that was freed, and make everything slow.
using halka::detail::sanitized;

/// The resident memory of this process in KiB.
std::size_t resident_memory();

/// The processor time that this process has used, in seconds.
double processor_time();

/// The error of the last system call, with what was tried.
[[noreturn]] void fail_of_system(char const* what);

/// Fails the scenario unless `good`.
void check(bool good, std::string const& text);

/// For %llu.
inline unsigned long long number(std::uint64_t n) { return n; }

/// printf into a string: the figures of a scenario.
[[gnu::format(printf, 1, 2)]] std::string figures(char const* format, ...);

}  // namespace soak
