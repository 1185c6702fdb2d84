// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace halka::detail {

/// The functions that return addresses belong to, innermost first, a line each: "  at NAME (file.cpp:12)". What calls the functions
/// of a remote call is left out. Without debug information a line has the function's name only, or the module and the distance from
/// its beginning.
HALKA_API std::string stack_text(std::span<std::uintptr_t const> addresses);

}  // namespace halka::detail
