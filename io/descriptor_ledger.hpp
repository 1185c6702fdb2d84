// SPDX-License-Identifier: MIT
#pragma once

// Where descriptors were opened, for the report of those that a program forgot. Kept while a loop in debug mode exists: for the
// descriptors that objects of such a loop own, wherever they are closed.

#include "../sched/export.hpp"

#include <source_location>
#include <string>
#include <vector>

namespace halka {

class event_loop;

namespace detail {

/// Notes the descriptor if the running loop is in debug mode.
HALKA_API void note_opened(int fd, std::source_location where) noexcept;
HALKA_API void note_closed(int fd) noexcept;

/// The loop ends: a line for each of its descriptors that is open, "descriptor 7 (socket:[4711]), opened at main.cpp:12, was never
/// closed". They are forgotten then.
HALKA_API std::vector<std::string> describe_open_descriptors(event_loop const& loop);

}  // namespace detail

}  // namespace halka
