// SPDX-License-Identifier: MIT
#pragma once

#include <halka/halka.hpp>

namespace interop {

/// Answers GET as much of HTTP/1.1 as clients need: "/" with a greeting, "/large" with the file that `large_file` names.
halka::task<> serve_http(halka::stream peer);

/// The file behind "/large"; -1 for none.
inline int large_file = -1;

}  // namespace interop
