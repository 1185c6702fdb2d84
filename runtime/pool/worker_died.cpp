// SPDX-License-Identifier: MIT
#include "worker_died.hpp"

#include "../../io/signal_name.hpp"

namespace halka {

namespace {

std::string tell(int pid, int status, std::string_view call, std::string_view last_lines) {
  std::string text = "worker process " + std::to_string(pid);
  if (status < 0)
    text += " was killed by " + signal_name(-status);
  else
    text += " exited with code " + std::to_string(status);
  if (!call.empty()) text.append(" while it ran ").append(call);
  if (!last_lines.empty()) text.append("; its last words:\n").append(last_lines);
  return text;
}

}  // namespace

worker_died::worker_died(int pid, int status, std::string_view call, std::string_view last_lines)
    : runtime_error(tell(pid, status, call, last_lines)), pid_(pid), status_(status) {}
worker_died::worker_died(worker_died const&) noexcept = default;
worker_died& worker_died::operator=(worker_died const&) noexcept = default;
worker_died::~worker_died() = default;

}  // namespace halka
