// SPDX-License-Identifier: MIT
#include "supervise.hpp"

#include "../race.hpp"
#include "../run.hpp"
#include "../signal_set.hpp"

#include <csignal>
#include <string>
#include <utility>
#include <variant>

namespace halka::detail {

namespace {

task<> heed_signals(signal_set& signals, supervisor& workers) {
  while (true) {
    int const number = co_await signals.next();
    switch (number) {
      case SIGTERM:
        workers.stop();
        break;
      case SIGHUP:
        workers.reload();
        break;
      case SIGTTIN:
        workers.add_worker();
        break;
      case SIGTTOU:
        workers.remove_worker();
        break;
      default:
        workers.stop_quickly();
    }
  }
}

task<int> supervise_here(supervise_options const& options, kept_worker_call call) {
  signal_set signals({SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGTTIN, SIGTTOU});
  supervisor workers = co_await start_supervisor_with(options, std::string(options.host), std::move(call));
  auto const ended = co_await race(workers.wait(), heed_signals(signals, workers));
  co_return std::get<0>(ended);
}

}  // namespace

int supervise_until_told(supervise_options const& options, kept_worker_call call) {
  return run(supervise_here(options, std::move(call)), {.backend = options.backend});
}

}  // namespace halka::detail
