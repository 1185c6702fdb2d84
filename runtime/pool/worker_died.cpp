// SPDX-License-Identifier: MIT
#include "worker_died.hpp"

#include "../../io/signal_name.hpp"

namespace halka {

namespace {

std::string tell(int pid, int status, std::string_view when, std::string_view last_lines) {
  std::string text = "worker process " + std::to_string(pid);
  if (status < 0)
    text += " was killed by " + signal_name(-status);
  else
    text += " exited with code " + std::to_string(status);
  if (!when.empty()) text.append(" ").append(when);
  if (!last_lines.empty()) text.append("; its last words:\n").append(last_lines);
  return text;
}

}  // namespace

worker_died::worker_died(int pid, int status, std::string_view when, std::string_view last_lines)
    : runtime_error(tell(pid, status, when, last_lines)), pid_(pid), status_(status) {}
worker_died::worker_died(worker_died const&) noexcept = default;
worker_died& worker_died::operator=(worker_died const&) noexcept = default;
worker_died::~worker_died() = default;

}  // namespace halka
