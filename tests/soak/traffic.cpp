// SPDX-License-Identifier: MIT
// Mixed traffic over TCP, unix sockets and pipes, in which nothing may be lost, torn or reordered.
//
// traffic [AMOUNT] [--seed N] [--streams N] [--loops N]
#include "amount.hpp"
#include "lane.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace soak;
using namespace std::chrono_literals;
using lanes_type = std::vector<std::unique_ptr<lane>>;

constexpr auto interval = 5s;
constexpr int longest_standstill = 6;  // intervals

struct options {
  std::uint64_t amount = std::uint64_t{256} << 20;
  std::uint64_t seed = std::random_device()();
  unsigned streams = 64;
  unsigned loops = 1;
};

void print_standstill(lanes_type const& lanes) {
  for (auto const& l : lanes)
    for (direction const* d : {&l->up, &l->down})
      if (std::string(d->doing[0]) != "ended" || std::string(d->doing[1]) != "ended")
        std::printf("  %s: sends (%s) %llu, received (%s) %llu of %llu\n", d->name.c_str(), d->doing[0],
                    static_cast<unsigned long long>(d->sent.count()), d->doing[1],
                    static_cast<unsigned long long>(d->received.count()), static_cast<unsigned long long>(d->quota));
}

/// Prints lines while it takes long, and fails when nothing moves any more.
halka::task<> watch(options const& o, lanes_type const& lanes, bool talks) {
  std::uint64_t before = 0;
  int still = 0;
  for (auto time = interval;; time += interval) {
    co_await halka::sleep(interval);
    std::uint64_t const now = bytes_moved;
    still = now == before ? still + 1 : 0;
    before = now;
    if (talks)
      std::printf("  %s of %s, %d s\n", format_amount(now).c_str(), format_amount(o.amount).c_str(), static_cast<int>(time / 1s));
    std::fflush(stdout);
    if (still < longest_standstill) continue;
    print_standstill(lanes);
    throw std::runtime_error("nothing moves any more");
  }
}

halka::task<> run_all(options const& o, lanes_type const& lanes, bool talks) {
  co_await halka::race(carry(lanes), watch(o, lanes, talks));
}

/// Runs the lanes on a loop in this thread. False if anything went wrong, which is printed.
bool run_loop(options const& o, lanes_type const& lanes, bool talks) {
  bool good = false;
  try {
    halka::run(run_all(o, lanes, talks));
    good = true;
  } catch (std::exception const&) {
    std::printf("FAILED: %s\n", explain(std::current_exception()).c_str());
  }
  for (auto const& l : lanes) {
    for (direction const* d : {&l->up, &l->down}) {
      if (!good || d->sent == d->received) continue;
      std::printf("FAILED: %s: %llu bytes were sent and %llu received%s\n", d->name.c_str(),
                  static_cast<unsigned long long>(d->sent.count()), static_cast<unsigned long long>(d->received.count()),
                  d->sent.count() == d->received.count() ? ", but others" : "");
      good = false;
    }
  }
  return good;
}

options parse(int argc, char** argv) {
  options o;
  for (int i = 1; i < argc; ++i) {
    std::string const word = argv[i];
    if (!word.starts_with("--")) {
      o.amount = parse_amount(word);
      continue;
    }
    if (i + 1 == argc) throw std::invalid_argument(word + " needs a number");
    std::uint64_t const number = std::stoull(argv[++i]);
    if (word == "--seed")
      o.seed = number;
    else if (word == "--streams")
      o.streams = static_cast<unsigned>(number);
    else if (word == "--loops")
      o.loops = static_cast<unsigned>(std::max<std::uint64_t>(number, 1));
    else
      throw std::invalid_argument("there is no option " + word);
  }
  return o;
}

void print_summary(options const& o, std::vector<lanes_type> const& lanes, double seconds) {
  direction all;
  for (lanes_type const& some : lanes) {
    for (auto const& l : some) {
      for (direction const* d : {&l->up, &l->down}) {
        all.given_up_writes += d->given_up_writes;
        all.sent_all_the_same += d->sent_all_the_same;
        all.given_up_reads += d->given_up_reads;
      }
    }
  }
  std::printf("given up: %llu reads, %llu writes, of which %llu were sent all the same\n",
              static_cast<unsigned long long>(all.given_up_reads), static_cast<unsigned long long>(all.given_up_writes),
              static_cast<unsigned long long>(all.sent_all_the_same));
  std::printf("%s in %.0f s, %u streams, 0 lost\n", format_amount(bytes_moved).c_str(), seconds, o.streams);
}

int run(options const& o) {
  auto const start = std::chrono::steady_clock::now();
  std::printf("traffic: %s over %u streams, --seed %llu\n", format_amount(o.amount).c_str(), o.streams,
              static_cast<unsigned long long>(o.seed));
  std::fflush(stdout);
  std::vector<lanes_type> lanes;
  for (unsigned i = 0; i < o.loops; ++i) lanes.push_back(make_lanes(o.streams / o.loops, o.amount / o.loops, o.seed + i));
  std::atomic<bool> good = true;
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < o.loops; ++i) threads.emplace_back([&, i] { good = run_loop(o, lanes[i], false) && good; });
  if (!run_loop(o, lanes[0], true)) good = false;
  for (std::thread& t : threads) t.join();
  if (!good) return 1;
  print_summary(o, lanes, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(parse(argc, argv));
  } catch (std::exception const& e) {
    std::fprintf(stderr, "traffic: %s\n", e.what());
    return 1;
  }
}
