// SPDX-License-Identifier: MIT
#include "harness.hpp"

#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>

namespace bench {

std::size_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (std::size_t kilobytes; word == "VmHWM:" && status >> kilobytes) return kilobytes * 1024;
  return 0;
}

void use_one_core() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) throw std::runtime_error("the cores of this process are not known");
  int first = 0;
  while (!CPU_ISSET(first, &allowed)) ++first;
  CPU_ZERO(&allowed);
  CPU_SET(first, &allowed);
  if (sched_setaffinity(0, sizeof allowed, &allowed) != 0) throw std::runtime_error("cannot choose a core");
}

void lateness::add(std::uint64_t late_ns) noexcept {
  ++buckets_[std::min<std::uint64_t>(late_ns / 1000, buckets_.size() - 1)];
  ++count_;
  max_ = std::max(max_, late_ns);
}

double lateness::p99_ms() const noexcept {
  std::uint64_t left = count_ / 100;
  for (std::size_t i = buckets_.size() - 1; i > 0; --i) {
    if (buckets_[i] > left) return i == buckets_.size() - 1 ? max_ms() : static_cast<double>(i) * 1e-3;
    left -= buckets_[i];
  }
  return 0;
}

void meter::start() {
  memory_ = peak_memory();
  wall_ = now_ns();
  processor_ = now_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void meter::stop() {
  processor_ = now_ns(CLOCK_PROCESS_CPUTIME_ID) - processor_;
  wall_ = now_ns() - wall_;
  memory_ = peak_memory() - memory_;
}

int run_contender(int argc, char** argv, std::span<workload const> workloads) {
  std::string_view const wanted = argc > 1 ? argv[1] : "";
  auto const found = std::ranges::find(workloads, wanted, &workload::name);
  if (argc < 4 || found == workloads.end()) {
    if (wanted != "--list") std::fprintf(stderr, "usage: %s WORKLOAD UNITS ALIVE [WARM_UP]\nworkloads:\n", argv[0]);
    for (workload const& w : workloads) std::printf("%s\n", w.name.data());
    return wanted == "--list" ? 0 : 2;
  }
  auto const number = [&](int i) { return argc > i ? std::strtoull(argv[i], nullptr, 10) : 0; };
  order const o{std::max<std::size_t>(number(2), 1), std::max<std::size_t>(number(3), 1), number(4)};
  meter m;
  try {
    found->run(o, m);
  } catch (std::exception const& e) {
    std::fprintf(stderr, "%s %s: %s\n", argv[0], argv[1], e.what());
    return 1;
  }
  std::size_t const batches = (o.units + o.alive - 1) / o.alive;
  double const units = static_cast<double>(wanted == "yield" || wanted == "sleep_beside" ? o.units : batches * o.alive);
  std::printf("{\"cpu_ns\": %.3f, \"wall_ns\": %.3f, \"bytes\": %.1f", static_cast<double>(m.processor_) / units,
              static_cast<double>(m.wall_) / units, static_cast<double>(m.memory_) / static_cast<double>(o.alive));
  if (late.count() > 0) std::printf(", \"late_p99_ms\": %.3f, \"late_max_ms\": %.3f", late.p99_ms(), late.max_ms());
  std::printf("}\n");
  return 0;
}

}  // namespace bench
