// SPDX-License-Identifier: MIT
#pragma once

#include "attempt.hpp"

namespace halka {

/// read and write
progress attempt_file(io_operation& op) noexcept;
progress attempt_open(io_operation& op) noexcept;
progress attempt_close(io_operation& op) noexcept;
progress attempt_status(io_operation& op) noexcept;

}  // namespace halka
