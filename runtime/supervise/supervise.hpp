// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "supervise_options.hpp"
#include "supervisor.hpp"
#include "worker_call.hpp"

#include <utility>

namespace halka {

namespace detail {

HALKA_API int supervise_until_told(supervise_options const& options, kept_worker_call call);

}  // namespace detail

/// Runs a function in several worker processes that share listening sockets, until it is told to stop. It blocks, and is for
/// `main`.
///
/// `fn(worker, args...)` or `fn(args...)`, a function or a lambda without captures, is called in each process; a coroutine function
/// runs in a loop there. The arguments are as for `process`. `worker::serve` is what a server needs.
///
/// Workers that end are replaced (see `supervisor`), and so are those whose loop stands still. Signals to this process: SIGTERM
/// ends in good order, SIGINT and SIGQUIT quickly, a second one at once; SIGHUP replaces all workers by new ones, SIGTTIN and
/// SIGTTOU make them one more or one less. A worker that gets SIGTERM itself finishes its work and is replaced. When this process
/// is killed, its workers end.
///
/// *Result*: the exit code: 0, or 3 if the workers could not begin their work.
/// *Errors*: `std::system_error` of binding ("bind 127.0.0.1:80: Permission denied") and of starting the first processes.
/// *Source*: gunicorn.
template <class F, class... Args>
int supervise(supervise_options const& options, F&& fn, Args&&... args) {
  return detail::supervise_until_told(options, detail::keep_worker_call(std::forward<F>(fn), std::forward<Args>(args)...));
}

}  // namespace halka
