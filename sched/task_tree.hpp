// SPDX-License-Identifier: MIT
#pragma once

#include "any_task.hpp"
#include "export.hpp"

#include <string>
#include <vector>

namespace halka {

/// The tasks as a tree of lines: each with what it waits for and where, and below it the tasks that it waits for.
///
///     'main' (id 1) running main_task (demo.cpp:9), waits for 2 tasks at gather.cpp:23 <- demo.cpp:12
///     ├── 'a' (id 2) running first (demo.cpp:20), waits for a lock at demo.cpp:23
///     └── 'b' (id 3) running second (demo.cpp:30), ready
///
/// Tasks that wait for each other in a circle are told as such.
HALKA_API std::string task_tree(std::vector<any_task> const& tasks);

}  // namespace halka
