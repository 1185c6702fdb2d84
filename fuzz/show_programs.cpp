// SPDX-License-Identifier: MIT
// Prints programs and what asyncio's rules make of them, a JSON line each, for against_python.py:
//   show_programs FIRST COUNT   random ones, by their seeds
//   show_programs FOLDER        those of a corpus
#include "program.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace halka::fuzz;

void show(std::string const& name, std::vector<std::uint8_t> const& bytes) {
  input in(bytes);
  program const p = for_asyncio(decode(in));
  std::string lines;
  for (std::string const& line : run_on_model(p, rules::asyncio)) lines += (lines.empty() ? "\"" : "\", \"") + line;
  std::printf("{\"name\": \"%s\", \"program\": %s, \"trace\": [%s\"]}\n", name.c_str(), to_json(p).c_str(), lines.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2) {
    for (auto const& entry : std::filesystem::directory_iterator(argv[1])) {
      std::ifstream file(entry.path(), std::ios::binary);
      std::string const content{std::istreambuf_iterator<char>(file), {}};
      show(entry.path().filename(), {content.begin(), content.end()});
    }
    return 0;
  }
  unsigned long const first = argc > 1 ? std::strtoul(argv[1], nullptr, 0) : 0;
  unsigned long const count = argc > 2 ? std::strtoul(argv[2], nullptr, 0) : 1000;
  for (unsigned long seed = first; seed < first + count; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<std::uint8_t> bytes(4 + random() % 150);
    for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(random());
    show(std::to_string(seed), bytes);
  }
}
