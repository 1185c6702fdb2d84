// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"

#include <string>
#include <string_view>

namespace halka {

/// What a signal is called: "SIGTERM", "SIGRTMIN+3"; "signal 99" for a number that names none.
HALKA_API std::string signal_name(int number);

/// The signal of a name: "SIGTERM", "TERM", "term", "RTMIN+3". *Errors*: `std::invalid_argument` if there is none.
HALKA_API int signal_number(std::string_view name);

}  // namespace halka
