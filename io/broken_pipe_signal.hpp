// SPDX-License-Identifier: MIT
#pragma once

namespace halka {

/// Lets a write to a pipe that nobody reads fail with EPIPE instead of ending the process: sets SIGPIPE to ignored, for the whole
/// process and for good, unless the program has chosen something itself. Sockets do not need it; children get the default back.
void ignore_broken_pipe_signal() noexcept;

}  // namespace halka
