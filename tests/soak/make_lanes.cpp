// SPDX-License-Identifier: MIT
#include "lane.hpp"
#include "random_source.hpp"

namespace soak {

namespace {

/// How much of the whole a direction gets: what is slow gets less.
std::uint64_t weight_of(lane const& l, direction const& d, random_source& random) {
  std::uint64_t const base = d.kind == content::lines ? 16 : 100;
  return (base + random.below(base)) / (l.small_buffers ? 16 : 1) + 1;
}

void describe(lane const& l, direction& d, unsigned number, char const* way) {
  static char const* const transports[] = {"tcp", "unix", "pipe"};
  static char const* const contents[] = {"bytes", "lines", "frames"};
  d.name = std::string(transports[static_cast<int>(l.kind)]) + ' ' + std::to_string(number) + ' ' + way + ", " +
           contents[static_cast<int>(d.kind)] + (l.small_buffers ? ", small buffers" : "");
}

}  // namespace

std::vector<std::unique_ptr<lane>> make_lanes(unsigned count, std::uint64_t bytes, std::uint64_t seed) {
  random_source random(seed);
  std::vector<std::unique_ptr<lane>> lanes;
  std::vector<direction*> all;
  std::uint64_t weights = 0;
  for (unsigned i = 0; i < count; ++i) {
    lanes.push_back(std::make_unique<lane>());
    lane& l = *lanes.back();
    l.kind = i % 8 < 4 ? transport::tcp : i % 8 < 7 ? transport::unix_socket : transport::pipe;
    l.small_buffers = i % 5 == 4;
    for (direction* const d : {&l.up, &l.down}) {
      if (l.kind == transport::pipe && d == &l.down) continue;
      d->kind = static_cast<content>((i + (d == &l.down)) % 3);
      d->seed = random.next();
      d->quota = weight_of(l, *d, random);
      weights += d->quota;
      describe(l, *d, i, d == &l.up ? "up" : "down");
      all.push_back(d);
    }
  }
  for (direction* const d : all)
    d->quota = d->quota * (bytes / weights + bytes / weights / 32 + 1);  // writes that are given up do not count
  return lanes;
}

}  // namespace soak
