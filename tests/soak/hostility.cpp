// SPDX-License-Identifier: MIT
// Peers, children, disks and clocks at their worst. Each scenario runs in a process of its own, several rounds; afterwards there
// must be as many descriptors and children as before, no report that it did not expect, and no more memory than after the first
// rounds. It prints a line of figures, those of its last round.
//
// hostility [--large] [NAME[=SIZE]...]        all scenarios, or those named
#include "../support/children.hpp"
#include "../support/fixture.hpp"
#include "../support/forked.hpp"

#include "hostility/scenarios.hpp"
#include "measures.hpp"

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace soak;

constexpr std::size_t tolerance = 4096;  // KiB
constexpr unsigned longest = 300;        // seconds of a scenario

constexpr scenario scenarios[] = {
    {"slow-readers", meet_slow_readers, 30, 500, 3},
    {"slow-writers", meet_slow_writers, 50, 1000, 3},
    {"dribblers", meet_dribblers, 20, 200, 3},
    {"resets", meet_resets, 120, 6000, 3},
    {"silence", meet_silence, 50, 1000, 3},
    {"vanished", meet_vanished, 20, 500, 1},
    {"stopped", meet_stopped, 4, 64, 3},
    {"abandoned", meet_abandoned, 10, 100, 3},
    {"flood", meet_flood, 200, 2000, 2},
    {"idle", meet_idle, 1000, 10'000, 1},
    {"attack", meet_attack, 300, 10'000, 2},
    {"task-storm", run_task_storm, 100'000, 1'000'000, 3},
    {"cancel-storm", run_cancel_storm, 20'000, 500'000, 3},
    {"deep-chain", run_deep_chain, 10'000, 1'000'000, 3},
    {"timers", set_many_timers, 100'000, 1'000'000, 3},
    {"standstill", stand_still, 300, 3000, 1},
    {"clock-jump", jump_ahead, 3, 36'500, 3},
    {"stubborn-children", meet_stubborn_children, 4, 50, 3},
    {"noisy-children", meet_noisy_children, 8, 256, 3},
    {"deaf-children", meet_deaf_children, 6, 100, 3},
    {"breeding-children", meet_breeding_children, 20, 500, 3},
    {"no-processes", run_out_of_processes, 20, 200, 3},
    {"full-device", fill_device, 20, 1000, 3},
    {"full-disk", fill_disk, 512, 16'384, 3},
    {"file-size-limit", exceed_file_size, 512, 16'384, 3},
};

/// What must be the same after each round.
void check_footing(std::size_t descriptors, halka::test::captured_reports const& reports) {
  std::size_t const now = halka::test::open_descriptors();
  check(now == descriptors, std::to_string(descriptors) + " descriptors before and " + std::to_string(now) + " after");
  check(halka::test::no_children(), "children are left");
  for (std::string const& text : reports.texts()) throw std::runtime_error("a report that nobody expected: " + text);
}

void run_rounds(scenario const& s, std::uint64_t size) {
  auto const begin = std::chrono::steady_clock::now();
  std::string line;
  std::size_t memory = 0;
  std::size_t const descriptors = halka::test::open_descriptors();
  for (unsigned round = 1; round <= s.rounds; ++round) {
    halka::test::captured_reports const reports;
    line = s.run(size);
    check_footing(descriptors, reports);
    std::size_t const now = resident_memory();
    check(
        sanitized || round < 3 || now < memory + tolerance,
        "the memory grows: " + std::to_string(memory) + " KiB after the second round, " + std::to_string(now) + " after the last");
    if (round <= 2) memory = std::max(memory, now);
  }
  double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%-18s %s (%.1f s)\n", s.name, line.c_str(), seconds);
}

int run_apart(scenario const& s, std::uint64_t size) {
  halka::test::forked child([&] {
    alarm(longest);  // a hang ends here
    try {
      run_rounds(s, size);
      return 0;
    } catch (...) {
      std::printf("FAILED: %s=%llu: %s\n", s.name, static_cast<unsigned long long>(size),
                  halka::describe(std::current_exception()).c_str());
      return 1;
    }
  });
  int const code = child.wait();
  if (code != 0 && code != 1) std::printf("FAILED: %s=%llu ended with %d\n", s.name, static_cast<unsigned long long>(size), code);
  std::fflush(stdout);
  return code == 0 ? 0 : 1;
}

struct wish {
  scenario const* what;
  std::uint64_t size;
};

std::vector<wish> parse(int argc, char** argv) {
  std::vector<std::string_view> words(argv + 1, argv + argc);
  bool const large = std::erase(words, "--large") > 0;
  std::vector<wish> wishes;
  auto const usual = [&](scenario const& s) { return large ? s.large : s.small; };
  for (std::string_view const word : words) {
    std::string_view const name = word.substr(0, word.find('='));
    auto const found = std::ranges::find(scenarios, name, &scenario::name);
    if (found == std::end(scenarios)) throw std::invalid_argument("there is no scenario " + std::string(name));
    wishes.push_back({found, name == word ? usual(*found) : std::stoull(std::string(word.substr(name.size() + 1)))});
  }
  if (words.empty())
    for (scenario const& s : scenarios) wishes.push_back({&s, usual(s)});
  return wishes;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    int failed = 0;
    std::vector<wish> const wishes = parse(argc, argv);
    for (wish const& w : wishes) failed += run_apart(*w.what, w.size);
    if (failed > 0) std::printf("%d of %zu scenarios failed\n", failed, wishes.size());
    return failed > 0 ? 1 : 0;
  } catch (std::exception const& e) {
    std::fprintf(stderr, "hostility: %s\n", e.what());
    return 1;
  }
}
