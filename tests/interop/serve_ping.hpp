// SPDX-License-Identifier: MIT
#pragma once

#include <halka/halka.hpp>

namespace interop {

/// Answers the PING of Redis clients, inline or as an array, and other commands with an error.
halka::task<> serve_ping(halka::stream peer);

}  // namespace interop
