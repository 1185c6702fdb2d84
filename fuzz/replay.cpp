// SPDX-License-Identifier: MIT
// Runs targets over files, without libFuzzer: replay TARGET FILE_OR_FOLDER...
#include "target.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace {

using halka::fuzz::target;

target* find(char const* name) {
  for (target* t = target::first; t; t = t->next)
    if (std::strcmp(t->name, name) == 0) return t;
  return nullptr;
}

std::vector<std::filesystem::path> files_in(std::filesystem::path const& place) {
  if (!std::filesystem::is_directory(place)) return {place};
  std::vector<std::filesystem::path> files;
  for (auto const& entry : std::filesystem::directory_iterator(place)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

std::filesystem::path now;  // told when an input ends the process

void tell_input() { std::fprintf(stderr, "input: %s\n", now.c_str()); }

}  // namespace

int main(int argc, char** argv) {
  target* const t = argc > 1 ? find(argv[1]) : nullptr;
  if (!t) {
    std::fprintf(stderr, "usage: replay TARGET FILE_OR_FOLDER...\ntargets:\n");
    for (target* known = target::first; known; known = known->next) std::fprintf(stderr, "  %s\n", known->name);
    return 2;
  }
  unsigned inputs = 0;
  for (int i = 2; i < argc; ++i) {
    if (!std::filesystem::exists(argv[i])) continue;  // a target without findings
    for (auto const& path : files_in(argv[i])) {
      now = path;
      std::ifstream file(path, std::ios::binary);
      std::vector<char> const content{std::istreambuf_iterator<char>(file), {}};
      struct told {
        bool done = false;
        ~told() {
          if (!done) tell_input();
        }
      } at_end;
      t->run({reinterpret_cast<std::uint8_t const*>(content.data()), content.size()});
      at_end.done = true;
      ++inputs;
    }
  }
  std::printf("%s: %u inputs\n", t->name, inputs);
  return inputs == 0 ? 1 : 0;
}
