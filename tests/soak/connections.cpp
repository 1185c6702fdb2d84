// SPDX-License-Identifier: MIT
// Many connections in waves, of which many end badly. After each wave descriptors, tasks and connections must be as few as before
// it, and after the first waves the memory must not grow any more.
//
// connections [COUNT] [--waves N] [--seed N]
#include "../support/descriptors.hpp"
#include "client.hpp"
#include "measures.hpp"
#include "random_source.hpp"
#include "service.hpp"

#include <cstdio>
#include <exception>
#include <random>
#include <string>
#include <utility>

namespace {

using namespace soak;
using namespace std::chrono_literals;

constexpr unsigned settled = 3;             // waves until the memory is as large as it gets
constexpr std::size_t tolerance = 4096;     // KiB
constexpr std::size_t most_at_once = 2000;  // connections; each is two descriptors of this process

struct options {
  std::size_t count = 2000;
  unsigned waves = 10;
  std::uint64_t seed = std::random_device()();
};

/// What must be the same before and after a wave.
struct footing {
  std::size_t descriptors = halka::test::open_descriptors();
  std::size_t tasks = halka::all_tasks().size();
  bool operator==(footing const&) const = default;
};

halka::task<> run_wave(service const& served, std::size_t count, random_source& random, tally& done) {
  halka::semaphore at_once(most_at_once);
  co_await halka::with_task_group([&](halka::task_group& group) {
    for (std::size_t i = 0; i < count; ++i) group.create_task(be_client(served.port(), random.next(), at_once, done));
  });
}

/// What a connection leaves in the kernel and in the loop goes within some passes.
halka::task<footing> until_settled(service const& served, footing before) {
  footing now;
  for (auto const end = halka::clock::now() + 5s; halka::clock::now() < end;) {
    co_await halka::sleep(1ms);
    now = footing();
    if (now == before && served.connections() == 0) break;
  }
  co_return now;
}

halka::task<> run_waves(options const& o) {
  random_source random(o.seed);
  service served;
  co_await served.start();
  footing const before;
  std::size_t memory = 0;
  std::printf("wave  connections  echoed  halves  dribbles  resets  vanished  cut  descriptors  tasks  KiB     ms\n");
  for (unsigned wave = 1; wave <= o.waves; ++wave) {
    auto const start = halka::clock::now();
    tally done;
    std::size_t const count = o.count * wave / o.waves - o.count * (wave - 1) / o.waves;
    co_await run_wave(served, count, random, done);
    footing const after = co_await until_settled(served, before);
    std::size_t const now = resident_memory();
    std::printf("%4u  %11zu  %6zu  %6zu  %8zu  %6zu  %8zu  %3zu  %11zu  %5zu  %-7zu %d\n", wave, done.all(), done.echoed,
                done.half_closed, done.dribbled, done.reset, done.vanished, done.cut, after.descriptors, after.tasks, now,
                static_cast<int>((halka::clock::now() - start) / 1ms));
    std::fflush(stdout);
    check(done.all() == count, "some connections ended in no known way");
    check(after == before, "descriptors: " + std::to_string(before.descriptors) + " before and " +
                               std::to_string(after.descriptors) + " after; tasks: " + std::to_string(before.tasks) + " and " +
                               std::to_string(after.tasks));
    check(served.connections() == 0, std::to_string(served.connections()) + " connections are left at the server");
    if (wave <= settled) memory = std::max(memory, now);
    check(sanitized || wave <= settled || now < memory + tolerance, "the memory grows");
  }
  check(served.accepted() <= o.count, "the server accepted " + std::to_string(served.accepted()) + " connections");
  co_await served.stop();
}

options parse(int argc, char** argv) {
  options o;
  for (int i = 1; i < argc; ++i) {
    std::string const word = argv[i];
    std::uint64_t const number = std::stoull(word.starts_with("--") && i + 1 < argc ? argv[++i] : word);
    if (word == "--waves")
      o.waves = static_cast<unsigned>(number);
    else if (word == "--seed")
      o.seed = number;
    else
      o.count = number;
  }
  return o;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    options const o = parse(argc, argv);
    halka::test::raise_descriptor_limit(2 * most_at_once + 100);
    std::printf("connections: %zu in %u waves, --seed %llu\n", o.count, o.waves, static_cast<unsigned long long>(o.seed));
    halka::run(run_waves(o));
    std::printf("%zu connections, nothing left\n", o.count);
  } catch (std::exception const&) {
    std::printf("FAILED: %s\n", halka::describe(std::current_exception()).c_str());
    return 1;
  }
}
