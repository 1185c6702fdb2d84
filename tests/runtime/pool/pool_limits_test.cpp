// SPDX-License-Identifier: MIT
#include "../../support/child_process.hpp"
#include "../../support/files.hpp"
#include "../../support/pool_fixture.hpp"

#include <halka/io/unique_fd.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::uint64_t mib = 1024 * 1024;

int square(int x) { return x * x; }
int own_pid() { return getpid(); }
[[noreturn]] void hang() {
  while (true) std::this_thread::sleep_for(1h);
}
[[noreturn]] void allocate() {
  std::vector<std::vector<char>> all;
  while (true) all.emplace_back(16 * mib, 'x');
}
[[noreturn]] void burn() {
  std::atomic<std::uint64_t> turns = 0;
  while (true) ++turns;
}

int initialized = 0;
void initialize() { initialized = 7; }
int get_initialized() { return initialized; }
void fail_to_initialize() { throw boom("no licence"); }
void die_in_initializer() { std::raise(SIGBUS); }

std::set<int> pids_in(std::string const& file) {
  std::set<int> pids;
  std::ifstream in(file);
  for (int pid = 0; in >> pid;) pids.insert(pid);
  return pids;
}

std::uint64_t sum_of(std::vector<std::uint64_t> const& v) {
  std::uint64_t sum = 0;
  for (std::uint64_t const x : v) sum += x;
  return sum;
}

/// Takes all descriptors that this process may have, but so many.
class all_descriptors {
 public:
  explicit all_descriptors(std::size_t left_free) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit const few{std::min<rlim_t>(before_.rlim_cur, 256), before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
    for (int fd = dup(0); fd >= 0; fd = dup(0)) taken_.emplace_back(fd);
    taken_.resize(taken_.size() - left_free);
  }
  ~all_descriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
  std::vector<descriptor> taken_;
};

}  // namespace

TEST_CASE("a worker that allocates without end gets std::bad_alloc at its limit", "[process][pool][limits]") {
  if (detail::sanitized) SKIP("sanitizers reserve address space");
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1, .memory_limit = 512 * mib});
    int const pid = co_await pool.submit(own_pid);
    std::string const text = co_await thrown_by(pool.submit(allocate));
    CHECK_THAT(text, ContainsSubstring("remote_error") && ContainsSubstring("std::bad_alloc"));
    int const same = co_await pool.submit(own_pid);
    CHECK(same == pid);
  });
}

TEST_CASE("a worker that computes for longer than it may is ended by SIGXCPU", "[process][pool][limits]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1, .cpu_time_limit = 1s});
    std::string const text = co_await thrown_by(pool.submit(burn));  // takes a second, which is the least that can be asked for
    CHECK_THAT(text, ContainsSubstring("worker_died") && ContainsSubstring("SIGXCPU"));
    int const squared = co_await pool.submit(square, 3);
    CHECK(squared == 9);
  });
}

TEST_CASE("the initializer runs first in every worker; one that fails breaks the pool", "[process][pool][limits]") {
  run_with_pools([]() -> task<> {
    {
      process_pool pool({.workers = 2, .max_jobs_per_worker = 1, .initializer = initialize});
      for (int i = 0; i < 4; ++i) {
        int const seen = co_await pool.submit(get_initialized);
        CHECK(seen == 7);
      }
      CHECK(initialized == 0);
    }
    {
      process_pool pool({.workers = 2, .initializer = fail_to_initialize});
      std::vector<task_handle<>> all;
      for (int i = 0; i < 5; ++i)
        all.push_back(spawn([&]() -> task<> {
          std::string const text = co_await thrown_by(pool.submit(square, 1));
          CHECK_THAT(text,
                     ContainsSubstring("std::logic_error") && ContainsSubstring("is broken") && ContainsSubstring("no licence"));
        }));
      for (auto const& t : all) co_await t;
      std::string const text = co_await thrown_by(pool.submit(square, 1));
      CHECK_THAT(text, ContainsSubstring("no licence"));
      co_await pool.shutdown();
    }
    process_pool pool({.workers = 1, .initializer = die_in_initializer});
    std::string const text = co_await thrown_by(pool.submit(square, 1));
    CHECK_THAT(text, ContainsSubstring("is broken") && ContainsSubstring("SIGBUS"));
  });
}

TEST_CASE("large arguments and results arrive whole", "[process][pool][limits]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    for (std::uint64_t const bytes : {64U * 1024 - 64, 64U * 1024 + 64, 300U * 1024, 64U * 1024 * 1024}) {
      std::vector<std::uint64_t> numbers(bytes / 8);
      for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i * i;
      std::uint64_t const expected = sum_of(numbers);
      std::uint64_t const sum = co_await pool.submit(sum_of, numbers);
      CHECK(sum == expected);
      auto const back = co_await pool.submit([](std::vector<std::uint64_t> v) { return v; }, std::move(numbers));
      CHECK(sum_of(back) == expected);
    }
    // Several at a time, behind each other, and some that are given up.
    std::string const text(200'000, 'x');
    std::vector<task_handle<std::size_t>> all;
    for (int i = 0; i < 20; ++i)
      all.push_back(spawn([&]() -> task<std::size_t> {
        std::string const same = co_await pool.submit([](std::string s) { return s; }, text);
        co_return same.size();
      }));
    co_await sleep(1ms);
    for (std::size_t i = 0; i < all.size(); i += 3) all[i].cancel();
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i % 3 == 0) continue;
      std::size_t const& size = co_await all[i];
      CHECK(size == text.size());
    }
  });
}

TEST_CASE("descriptors are arguments and results", "[process][pool][limits]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    pipe_pair pipe;
    co_await pool.submit([](unique_fd fd) { return ::write(fd.get(), "hello", 5); }, unique_fd(dup(pipe.write_end.get())));
    CHECK(pipe.read() == "hello");
    unique_fd const memory = co_await pool.submit([] {
      unique_fd fd(memfd_create("answer", MFD_CLOEXEC));
      if (::write(fd.get(), "42", 2) != 2) throw boom();
      return fd;
    });
    char text[3] = {};
    CHECK(pread(memory.get(), text, 2, 0) == 2);
    CHECK(std::string(text) == "42");
    CHECK((fcntl(memory.get(), F_GETFD) & FD_CLOEXEC) != 0);
  });
}

TEST_CASE("without free descriptors a call fails clearly, and the pool goes on later", "[process][pool][limits]") {
  if (detail::sanitized) SKIP("sanitizers need descriptors to look at an object");
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    co_await sleep(1ms);  // the loop has what it needs
    for (std::size_t free = 0; free < 14; ++free) {
      all_descriptors const taken(free);
      std::string const text = co_await thrown_by(pool.submit(square, 3));
      if (text == "none") break;
      INFO(text);
      CHECK_THAT(text, ContainsSubstring("Too many open files"));
    }
    int const squared = co_await pool.submit(square, 3);
    CHECK(squared == 9);
    // A worker is there now: large values need descriptors, small ones do not.
    {
      all_descriptors const taken(0);
      int const small = co_await pool.submit(square, 4);
      CHECK(small == 16);
      std::string const large =
          co_await thrown_by(pool.submit([](std::string s) { return s.size(); }, std::string(1'000'000, 'x')));
      CHECK_THAT(large, ContainsSubstring("Too many open files"));
      std::string const result = co_await thrown_by(pool.submit([] { return std::string(1'000'000, 'x'); }));
      CHECK_THAT(result, ContainsSubstring("Too many open files"));
    }
    int const again = co_await pool.submit(square, 5);
    CHECK(again == 25);
  });
}

TEST_CASE("when the program is killed, its workers and what they have started are gone", "[process][pool][limits]") {
  scratch_directory const folder;
  std::string const file = folder / "pids";
  child_end const end = in_child([&] {
    halka::run([&]() -> task<> {
      process_pool pool({.workers = 2});
      auto const record = [](std::string const& name) {
        bool const child = fork() == 0;
        if (child) setsid();
        std::ofstream(name, std::ios::app) << std::to_string(getpid()) + "\n";
        hang();
      };
      auto const one = spawn([&]() -> task<> { co_await pool.submit(record, file); });
      auto const two = spawn([&]() -> task<> { co_await pool.submit(record, file); });
      while (pids_in(file).size() < 4) co_await sleep(1ms);
      std::raise(SIGKILL);
    });
    return 0;
  });
  INFO(end.error_output);
  CHECK(end.signal == SIGKILL);
  CHECK(pids_in(file).size() == 4);
  run_real(until_all_ended, pids_in(file));
}
