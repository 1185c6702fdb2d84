// SPDX-License-Identifier: MIT
#pragma once

#include <halka/halka.hpp>

#include <string>

namespace interop {

/// PING, then `count` SETs and `count` GETs without waiting in between, whose answers are checked. `where` is a port or a path.
halka::task<> talk_redis(std::string where, int count);

}  // namespace interop
