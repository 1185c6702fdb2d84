// SPDX-License-Identifier: MIT
#pragma once

namespace halka::detail {

/// Serves whoever has the other end of `socket`, until that is closed: starts processes, and tells how they ended.
///
/// Called in a program that was started for this, before its main. The calling process makes a copy of itself and ends; the copy
/// serves, so it is nobody's child whom somebody would have to wait for.
[[noreturn]] void serve_as_zygote(int socket);

}  // namespace halka::detail
