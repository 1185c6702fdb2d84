// SPDX-License-Identifier: MIT
#pragma once

namespace halka::detail {

/// Makes sure that the constructor which turns a program into a zygote is linked into it.
void require_zygote_entry() noexcept;

}  // namespace halka::detail
