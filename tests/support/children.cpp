// SPDX-License-Identifier: MIT
#include "children.hpp"

#include <sys/wait.h>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

namespace halka::test {

namespace {

/// The helper that sanitizers start once, to name the functions of a report, and keep.
bool is_symbolizer(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  return std::getline(file, name) && name.starts_with("llvm-symbolizer");
}

bool has_symbolizers_only() {
  for (auto const& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(thread.path() / "children");
    if (!file) return false;
    for (int pid = 0; file >> pid;)
      if (!is_symbolizer(pid)) return false;
  }
  return true;
}

}  // namespace

bool no_children() {
  siginfo_t info{};
  bool const none = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1 && errno == ECHILD;
  return none || has_symbolizers_only();
}

bool has_ended(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return true;
  char const state = line[line.rfind(')') + 2];
  return state == 'Z' || state == 'X';
}

void start_zygote() {
  process p([] {});
  p.start();
  p.join_blocking();
}

task<> until_ended(int pid) {
  // Nobody tells of the end of a process that is not ours: looked for again and again.
  bool ended = has_ended(pid);
  while (!ended) {
    co_await sleep(std::chrono::milliseconds(1));
    ended = has_ended(pid);
  }
}

}  // namespace halka::test
