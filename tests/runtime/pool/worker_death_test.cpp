// SPDX-License-Identifier: MIT
#include "../../support/captured_output.hpp"
#include "../../support/pool_fixture.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <sys/wait.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Kills the process that writes or reads it, at the moment that it is told.
struct deadly {
  enum moment { never, when_written, when_read };
  deadly() = default;
  deadly(moment m, int s) : at(m), signal(s) {}
  int at = never;
  int signal = 0;
  int maker = getpid();

  void save(message_writer& out) const {
    out(at, signal, maker);
    if (at == when_written && maker != 0) std::raise(signal);
  }
  void load(message_reader& in) {
    in(at, signal, maker);
    if (at == when_read) std::raise(signal);
  }
};

int run_to_death(int signal) {
  std::raise(signal);
  std::this_thread::sleep_for(60s);  // SIGSTOP and the like
  return 0;
}
int take_deadly(deadly) { return 0; }
deadly make_deadly(int signal) { return {deadly::when_written, signal}; }
int square(int x) { return x * x; }
int own_pid() { return getpid(); }

/// Overwrites what the pool and this worker share.
int scribble() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("halka-pool") == line.npos) continue;
    std::uintptr_t const begin = std::stoul(line, nullptr, 16);
    std::uintptr_t const end = std::stoul(line.substr(line.find('-') + 1), nullptr, 16);
    std::memset(reinterpret_cast<void*>(begin), 0x5a, end - begin);
  }
  std::this_thread::sleep_for(60s);
  return 0;
}

}  // namespace

TEST_CASE("a worker that a signal kills fails its own call, which says which signal, and is replaced", "[process][pool]") {
  int const signal = GENERATE(SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2,
                              SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGXFSZ, SIGSYS);
  if (detail::sanitized && signal == SIGSEGV) SKIP("sanitizers keep this one to themselves");
  run_with_pools([&]() -> task<> {
    process_pool pool({.workers = 1});
    int const pid = co_await pool.submit(own_pid);
    // In the call, and in the reading of its arguments, and in the writing of its result; behind each waits one that must be made.
    for (int stage = 0; stage < 3; ++stage) {
      auto const next = spawn([&]() -> task<> {
        int const squared = co_await pool.submit(square, 3);
        CHECK(squared == 9);
      });
      bool died = false;
      try {
        if (stage == 0) {
          co_await pool.submit(run_to_death, signal);
        } else if (stage == 1) {
          co_await pool.submit(take_deadly, deadly(deadly::when_read, signal));
        } else {
          co_await pool.submit(make_deadly, signal);
        }
      } catch (worker_died const& e) {
        died = true;
        CHECK(e.signal() == signal);
        CHECK_FALSE(e.exit_code());
        CHECK_THAT(e.what(), ContainsSubstring("was killed by " + signal_name(signal) + " while it ran "));
      }
      CHECK(died);
      co_await next;
    }
    int const squared = co_await pool.submit(square, 4);
    CHECK(squared == 16);
    CHECK(pool.statistics().died == 3);
    co_await until_ended(pid);
  });
}

TEST_CASE("a worker that is killed while it is idle is replaced, and nobody is told", "[process][pool]") {
  int const signal = GENERATE(SIGKILL, SIGTERM, SIGSEGV);
  run_with_pools([&]() -> task<> {
    process_pool pool({.workers = 1});
    int const first = co_await pool.submit(own_pid);
    kill(first, signal);
    int const second = co_await pool.submit(own_pid);  // perhaps sent to it before its end was known
    CHECK(second != first);
    CHECK(pool.statistics().failed == 0);
  });
}

TEST_CASE("exit in a call is the end of its worker, and tells the code", "[process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    for (int const code : {0, 3, 255}) {
      bool died = false;
      try {
        co_await pool.submit([](int c) { std::exit(c); }, code);
      } catch (worker_died const& e) {
        died = true;
        CHECK(e.exit_code() == code);
        CHECK_FALSE(e.signal());
        CHECK_THAT(e.what(), ContainsSubstring("exited with code " + std::to_string(code)));
      }
      CHECK(died);
    }
    int const squared = co_await pool.submit(square, 4);
    CHECK(squared == 16);
  });
}

TEST_CASE("what a worker wrote to its standard error goes on at once, and its last lines are in the error", "[process][pool]") {
  captured_output const errors(2);
  run_with_pools([&]() -> task<> {
    process_pool pool({.workers = 1});
    co_await pool.submit([] { std::fputs("a warning\n", stderr); });
    while (errors.text() != "a warning\n") co_await sleep(1ms);
    std::string const text = co_await thrown_by(pool.submit([] {
      for (int i = 1; i <= 30; ++i) std::fprintf(stderr, "line %d\n", i);
      std::abort();
    }));
    CHECK_THAT(text, ContainsSubstring("killed by SIGABRT"));
    CHECK_THAT(text, ContainsSubstring("line 11\n") && ContainsSubstring("line 30"));
    CHECK_THAT(text, !ContainsSubstring("line 10\n"));
    CHECK_THAT(errors.text(), ContainsSubstring("line 1\n") && ContainsSubstring("line 30\n"));
  });
}

TEST_CASE("of 1,000 calls, of which every tenth kills its worker, each ends in exactly one way", "[process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 2});
    constexpr int calls = 1000;
    std::vector<int> results(calls, 0);
    std::vector<task_handle<>> all;
    auto const call = [&](int i) -> task<> {
      auto const work = [](int n) {
        if (n % 10 == 7) std::raise(n % 20 == 7 ? SIGKILL : SIGSEGV);
        return n + 1;
      };
      try {
        int const result = co_await pool.submit(work, i);
        results[static_cast<std::size_t>(i)] += result == i + 1 ? 1 : 100;
      } catch (worker_died const&) {
        results[static_cast<std::size_t>(i)] += 10;
      }
    };
    for (int i = 0; i < calls; ++i) all.push_back(spawn(call, i));
    for (auto const& t : all) co_await t;
    int wrong = 0;
    for (int i = 0; i < calls; ++i) wrong += results[static_cast<std::size_t>(i)] != (i % 10 == 7 ? 10 : 1);
    CHECK(wrong == 0);
    CHECK(pool.statistics().died == 100);
    CHECK(pool.statistics().completed == 900);
    CHECK(pool.statistics().failed == 100);
    CHECK(pool.statistics().queued == 0);
    CHECK(pool.statistics().running == 0);
  });
}

TEST_CASE("a worker that writes into the pool's memory is killed, and harms no other call", "[process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 2});
    auto const others = spawn([&]() -> task<> {
      for (int i = 0; i < 200; ++i) {
        int const squared = co_await pool.submit(square, i);
        CHECK(squared == i * i);
      }
    });
    std::string const text = co_await thrown_by(pool.submit(scribble));
    CHECK_THAT(text, ContainsSubstring("worker_died"));
    co_await others;
  });
}

TEST_CASE("a process that a call forks and that returns takes no part in the pool", "[process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    int const pid = co_await pool.submit(own_pid);
    for (int i = 0; i < 5; ++i) {
      int const parent = co_await pool.submit([] {
        int const before = getpid();
        return fork() == 0 ? -1 : before;
      });
      CHECK(parent == pid);
    }
    int const after = co_await pool.submit(own_pid);
    CHECK(after == pid);
  });
}

TEST_CASE("a worker that cannot even begin fails the calls that wait, and the pool tries again later", "[process][pool]") {
  if (detail::sanitized) SKIP("sanitizers reserve address space");
  captured_output const errors(2);
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1, .memory_limit = 1 << 20});
    for (int i = 0; i < 2; ++i) {
      std::string const text = co_await thrown_by(pool.submit(square, 1));
      CHECK_THAT(text, ContainsSubstring("worker_died") && ContainsSubstring("before it could make a call"));
    }
    CHECK(pool.statistics().started == 6);
    CHECK(pool.statistics().died == 6);
  });
}

TEST_CASE("a worker may have a loop and a pool of its own, which end with it", "[process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    auto const nested = [](int n) {
      return halka::run(
          [](int k) -> task<int> {
            process_pool inner({.workers = 1});
            co_return co_await inner.submit(square, k);
          },
          n);
    };
    int const squared = co_await pool.submit(nested, 7);
    CHECK(squared == 49);
    int const inner_pid = co_await pool.submit([] {
      return halka::run([]() -> task<int> {
        static process_pool inner({.workers = 1});
        co_return co_await inner.submit(own_pid);
      });
    });
    co_await pool.shutdown();
    co_await until_ended(inner_pid);
  });
}

TEST_CASE("a process that this one has forked cannot kill the workers by dropping the pool", "[process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    int const pid = co_await pool.submit(own_pid);
    int const child = fork();
    if (child == 0) {
      process_pool const gone = std::move(pool);
      gone.~process_pool();
      _exit(0);
    }
    while (waitpid(child, nullptr, 0) < 0) {
    }
    int const after = co_await pool.submit(own_pid);
    CHECK(after == pid);
  });
}

TEST_CASE("when the zygote is killed, its workers are too, and both are replaced", "[process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    int const parent = co_await pool.submit([] { return getppid(); });
    CHECK(parent != getpid());
    kill(parent, SIGKILL);
    int const squared = co_await pool.submit(square, 6);
    CHECK(squared == 36);
  });
}
