// SPDX-License-Identifier: MIT
#pragma once

namespace halka {

class message_reader;

namespace detail {

/// The exit code of a worker that failed before it had begun its work.
inline constexpr int boot_failure = 3;

/// The main function of a worker process. Its arguments: index, last request, the interval of beats in milliseconds, the listening
/// sockets, the socket to the supervisor, and what `kept_worker_call` writes.
int run_worker(message_reader& arguments);

}  // namespace detail

}  // namespace halka
