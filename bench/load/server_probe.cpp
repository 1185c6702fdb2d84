// SPDX-License-Identifier: MIT
#include "server_probe.hpp"

#include "../common/harness.hpp"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace bench {

server_probe::server_probe(pid_t pid) : pid_(pid) {
  if (pid_ > 0 && clock_getcpuclockid(pid_, &clock_) != 0) pid_ = 0;
}

server_probe::~server_probe() {
  for (int const fd : counters_) close(fd);
}

std::uint64_t server_probe::processor_ns() const noexcept { return pid_ > 0 ? now_ns(clock_) : 0; }

std::uint64_t server_probe::private_bytes() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string word; status >> word;)
    if (std::uint64_t kilobytes; word == "RssAnon:" && status >> kilobytes) return kilobytes * 1024;
  return 0;
}

bool server_probe::count_system_calls() {
  unsigned long long event = 0;
  if (pid_ == 0 || !(std::ifstream("/sys/kernel/tracing/events/raw_syscalls/sys_enter/id") >> event)) return false;
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.config = event;
  for (auto const& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task")) {
    auto const thread = static_cast<pid_t>(std::atoi(task.path().filename().c_str()));
    int const fd = static_cast<int>(syscall(SYS_perf_event_open, &attributes, thread, -1, -1, PERF_FLAG_FD_CLOEXEC));
    if (fd < 0) return false;
    counters_.push_back(fd);
  }
  return true;
}

std::uint64_t server_probe::system_calls() const noexcept {
  std::uint64_t sum = 0;
  for (int const fd : counters_)
    if (std::uint64_t count = 0; read(fd, &count, sizeof count) == sizeof count) sum += count;
  return sum;
}

}  // namespace bench
