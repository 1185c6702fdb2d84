// SPDX-License-Identifier: MIT
// Process pools under fire: pools CALLS [SIZE]
//
// Makes so many calls from 64 tasks, of which some throw, some kill their worker, some exit and some are given up, while workers
// are killed from outside; each call must end in exactly one way, and the right one. Then a million tiny calls by map, if there are
// that many, and at last an argument and a result of SIZE bytes. No process and no descriptor may be left.

#include "../support/children.hpp"
#include "../support/fixture.hpp"
#include "amount.hpp"
#include "random_source.hpp"

#include <halka/halka.hpp>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

[[noreturn]] void fail(std::string const& what) {
  std::fprintf(stderr, "pools: %s\n", what.c_str());
  std::_Exit(1);
}

enum class fate : int { result, error, crash, leave, hang };

/// The result of a call is a function of its number, so that a mixed-up one is seen.
std::uint64_t answer(std::uint64_t number) { return number * 0x9e3779b97f4a7c15; }

std::uint64_t work(std::uint64_t number, fate f) {
  switch (f) {
    case fate::result:
      break;
    case fate::error:
      throw std::runtime_error(std::to_string(number));
    case fate::crash:
      std::raise(number % 2 == 0 ? SIGKILL : SIGSEGV);
      break;
    case fate::leave:
      std::_Exit(static_cast<int>(number % 200));
    case fate::hang:
      std::this_thread::sleep_for(1h);
  }
  return answer(number);
}

struct outcomes {
  std::uint64_t results = 0, errors = 0, deaths = 0, given_up = 0, killed = 0;
  std::set<int> pids;
};

halka::task<> call(halka::process_pool& pool, std::uint64_t number, fate f, outcomes& sum) {
  try {
    std::uint64_t got = 0;
    if (f == fate::hang) {
      got = co_await halka::wait_for(pool.submit(work, number, f), 1ms);
    } else {
      got = co_await pool.submit(work, number, f);
    }
    if (f != fate::result || got != answer(number)) fail("a call has another's result");
    ++sum.results;
  } catch (halka::remote_error const& e) {
    if (f != fate::error || e.message() != std::to_string(number)) fail("a call has another's error");
    ++sum.errors;
  } catch (halka::worker_died const& e) {
    if (f == fate::leave && e.exit_code() && *e.exit_code() != static_cast<int>(number % 200))
      fail("a call has another's exit code");
    ++(f == fate::crash || f == fate::leave ? sum.deaths : sum.killed);
    sum.pids.insert(e.pid());
  } catch (halka::timeout_error const&) {
    if (f != fate::hang) fail("a call was given up that nobody gave up");
    ++sum.given_up;
  }
}

halka::task<> make_calls(halka::process_pool& pool, std::uint64_t first, std::uint64_t calls, outcomes& sum) {
  soak::random_source random(first + 1);
  for (std::uint64_t i = first; i < first + calls; ++i) {
    fate f = fate::result;
    if (random.one_in(50)) f = static_cast<fate>(1 + random.below(4));
    co_await call(pool, i, f, sum);
  }
}

int own_pid() { return getpid(); }

/// Kills a worker now and then; which call that hits, nobody can tell.
halka::task<> kill_workers(halka::process_pool& pool) {
  while (true) {
    co_await halka::sleep(20ms);
    try {
      int const pid = co_await pool.submit(own_pid);
      kill(pid, SIGKILL);
    } catch (halka::worker_died const&) {
    }
  }
}

halka::task<> make_all_calls(std::uint64_t calls) {
  constexpr std::uint64_t callers = 64;
  outcomes sum;
  halka::process_pool pool({.workers = 3, .max_jobs_per_worker = 5000});
  auto const killer = halka::spawn(kill_workers, std::ref(pool));
  std::vector<halka::task<>> all;
  for (std::uint64_t i = 0; i < callers; ++i) all.push_back(make_calls(pool, i * calls, calls / callers, sum));
  co_await halka::gather(std::move(all));
  killer.cancel();
  std::uint64_t const ended = sum.results + sum.errors + sum.deaths + sum.given_up + sum.killed;
  if (ended != calls / callers * callers) fail(std::to_string(ended) + " of " + std::to_string(calls) + " calls have ended");
  co_await pool.shutdown();
  auto const s = pool.statistics();
  if (s.workers + s.queued + s.running != 0) fail("something is left in the pool");
  for (int const pid : sum.pids) co_await halka::test::until_ended(pid);
  std::printf("%llu results, %llu errors, %llu deaths, %llu given up, %llu killed from outside; %llu workers\n",
              static_cast<unsigned long long>(sum.results), static_cast<unsigned long long>(sum.errors),
              static_cast<unsigned long long>(sum.deaths), static_cast<unsigned long long>(sum.given_up),
              static_cast<unsigned long long>(sum.killed), static_cast<unsigned long long>(s.started));
}

halka::task<> map_all(std::uint64_t calls) {
  halka::process_pool pool({.workers = 2});
  auto const begin = halka::clock::now();
  auto const results = co_await pool.map(answer, std::views::iota(std::uint64_t{0}, calls), {.chunk_size = 1});
  for (std::uint64_t i = 0; i < calls; ++i)
    if (results[i] != answer(i)) fail("map mixed its results up");
  std::chrono::duration<double> const took = halka::clock::now() - begin;
  std::printf("%llu tiny calls by map, %.0f ns each\n", static_cast<unsigned long long>(calls),
              took.count() * 1e9 / static_cast<double>(calls));
}

halka::task<> send_large(std::uint64_t size) {
  halka::process_pool pool({.workers = 1});
  std::vector<std::uint64_t> numbers(size / 8);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::uint64_t const expected = std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0});
  auto const begin = halka::clock::now();
  auto const back = co_await pool.submit([](std::vector<std::uint64_t> v) { return v; }, std::move(numbers));
  std::chrono::duration<double> const took = halka::clock::now() - begin;
  if (std::accumulate(back.begin(), back.end(), std::uint64_t{0}) != expected) fail("a large value was changed");
  std::printf("%s there and back in %.2f s\n", soak::format_amount(size).c_str(), took.count());
}

halka::task<> run_all(std::uint64_t calls, std::uint64_t size) {
  co_await make_all_calls(calls);
  co_await map_all(calls);
  co_await send_large(size);
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t const calls = argc > 1 ? std::stoull(argv[1]) : 10'000;
  std::uint64_t const size = soak::parse_amount(argc > 2 ? argv[2] : "64M");
  halka::run(map_all, 1);  // starts the zygote, which stays
  std::size_t const before = halka::test::open_descriptors();
  halka::run(run_all, calls, size);
  if (halka::test::open_descriptors() != before) fail("descriptors are left");
  if (!halka::test::no_children()) fail("processes are left");
}
