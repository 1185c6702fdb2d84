// SPDX-License-Identifier: MIT
// A worker process in which a job has got hold of the memory that the pool shares with it, and writes there what it likes.
#include "../support/pool_fixture.hpp"

#include <halka/halka.hpp>
#include <halka/runtime/pool/worker_block.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <unistd.h>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

using words = detail::worker_block::words;
constexpr std::size_t first_ring = 4096;
constexpr std::size_t ring_size = detail::worker_block::ring_size;

/// The worker's mapping of the block.
std::byte* block() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("memfd:halka-pool") == std::string::npos) continue;
    return reinterpret_cast<std::byte*>(std::strtoull(line.c_str(), nullptr, 16));
  }
  std::abort();
}

enum class crime : int {
  results_before_their_beginning,
  results_beyond_the_memory,
  results_at_no_record,
  calls_read_that_were_not_sent,
  calls_unread,
  result_too_large,
  result_not_asked_for,
  result_of_another_call,
  result_with_missing_descriptors,
  result_of_garbage,
  initializer_that_is_none,
  endless_padding,
  padding_in_the_middle,
  all_calls_begun,
  everything_set,
  everything_zero,
};
constexpr int crimes = 16;

detail::record& forge(words& w, std::byte* memory, std::uint32_t size, std::uint64_t number, std::uint32_t kind) {
  std::uint64_t const tail = w.results.tail;
  auto& r = *reinterpret_cast<detail::record*>(memory + first_ring + ring_size + tail % ring_size);
  r.state = detail::record_state::waiting;
  r.size = size;
  r.number = number;
  r.kind = kind;
  r.packet = 0;
  w.results.tail = tail + sizeof(detail::record) + (size + 31) / 32 * 32;
  return r;
}

void commit(crime which) {
  std::byte* const memory = block();
  words& w = *reinterpret_cast<words*>(memory);
  auto* const calls = memory + first_ring;
  switch (which) {
    case crime::results_before_their_beginning:
      w.results.tail = w.results.tail - 32;
      break;
    case crime::results_beyond_the_memory:
      w.results.tail = w.results.tail + 2 * ring_size;
      break;
    case crime::results_at_no_record:
      w.results.tail = w.results.tail + 7;
      break;
    case crime::calls_read_that_were_not_sent:
      w.requests.head = w.requests.tail + 32;
      break;
    case crime::calls_unread:
      w.requests.head = ~std::uint64_t{0} - 31;
      break;
    case crime::result_too_large:
      forge(w, memory, 0x7fffffe0, 1, 1);
      break;
    case crime::result_not_asked_for:
      forge(w, memory, 8, 4711, 1);
      break;
    case crime::result_of_another_call:
      forge(w, memory, 8, 2, 1);
      break;
    case crime::result_with_missing_descriptors:
      forge(w, memory, 8, 1, 1).packet = 2;
      break;
    case crime::result_of_garbage: {
      auto& r = forge(w, memory, 64, 1, 2);
      std::memset(r.bytes(), 0xff, 64);
      break;
    }
    case crime::initializer_that_is_none:
      w.stage = detail::worker_stage::initializing;
      forge(w, memory, 8, 1, 3);
      break;
    case crime::endless_padding: {
      auto& r = forge(w, memory, ring_size - 32, 0, 0);
      r.state = detail::record_state::padding;
      break;
    }
    case crime::padding_in_the_middle: {
      auto& r = forge(w, memory, 32, 0, 0);
      r.state = detail::record_state::padding;
      break;
    }
    case crime::all_calls_begun:
      for (std::size_t i = 0; i < ring_size; i += 32)
        reinterpret_cast<detail::record*>(calls + i)->state = detail::record_state::begun;
      break;
    case crime::everything_set:
      std::memset(memory, 0xff, first_ring + 2 * ring_size);
      break;
    case crime::everything_zero:
      std::memset(memory, 0, first_ring + 2 * ring_size);
      break;
  }
}

/// Takes the process with it at once, or lets the pool find what was written first.
int commit_and_end(int which, bool at_once) {
  commit(static_cast<crime>(which));
  if (at_once) _exit(0);
  std::this_thread::sleep_for(20ms);
  std::_Exit(0);
}

int flip(unsigned seed) {
  std::mt19937 random(seed);
  std::byte* const memory = block();
  for (unsigned n = 1 + random() % 64; n > 0; --n) {
    bool const in_words = random() % 2 == 0;
    std::size_t const at = in_words ? random() % sizeof(words) : first_ring + random() % (2 * ring_size);
    memory[at] = static_cast<std::byte>(random());
  }
  _exit(1);
}

int add(int a, int b) { return a + b; }

task<int> with_job(process_pool& pool, int a, int b) {
  int const sum = co_await pool.submit(add, a, b);
  co_return sum;
}

}  // namespace

TEST_CASE("a worker that writes garbage into the shared memory fails its calls only, and the pool heals", "[security][pool]") {
  int const which = GENERATE(Catch::Generators::range(0, crimes));
  bool const at_once = GENERATE(true, false);
  CAPTURE(which, at_once);
  std::string told;
  int after = 0;
  bool others_ended = false;
  run_with_pools([&]() -> task<> {
    process_pool pool({.workers = 1});
    auto committing = [&]() -> task<> { told = co_await thrown_by(pool.submit(commit_and_end, which, at_once)); };
    auto others = [&]() -> task<> {
      // They are in the same ring, not begun. What the worker did to their records decides whether they are made by another.
      for (int i = 0; i < 4; ++i) static_cast<void>(co_await thrown_by(with_job(pool, i, i)));
      others_ended = true;
    };
    co_await wait_for(gather(committing(), others(), others()), 20s);
    after = co_await wait_for(with_job(pool, 1, 2), 20s);
    co_await pool.shutdown();
  });
  CHECK(told != "none");
  CHECK(others_ended);
  CHECK(after == 3);
}

TEST_CASE("whatever bytes a worker changes before it ends, the pool heals", "[security][pool]") {
  std::vector<std::string> told(40);
  int after = 0;
  run_with_pools([&]() -> task<> {
    process_pool pool({.workers = 2});
    for (unsigned seed = 0; seed < told.size(); ++seed) told[seed] = co_await wait_for(thrown_by(pool.submit(flip, seed)), 20s);
    after = co_await wait_for(with_job(pool, 1, 2), 20s);
    co_await pool.shutdown();
  });
  for (auto const& text : told) CHECK(text != "none");
  CHECK(after == 3);
}
