// SPDX-License-Identifier: MIT
#include "children.hpp"

#include <sys/wait.h>
#include <cerrno>
#include <chrono>
#include <fstream>

namespace halka::test {

bool no_children() {
  siginfo_t info{};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1 && errno == ECHILD;
}

bool has_ended(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return true;
  char const state = line[line.rfind(')') + 2];
  return state == 'Z' || state == 'X';
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
