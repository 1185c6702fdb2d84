// SPDX-License-Identifier: MIT
#include "../../support/children.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<int> sum_of_pipe(int n) {
  completed_process const done = co_await run_process(command("sh", "-c", "read -r line; echo $((line * 2))"),
                                                      {.standard_output = stdio::pipe}, std::to_string(n) + '\n');
  co_return std::stoi(done.output);
}

}  // namespace

TEST_CASE("a thousand children one after another leave nothing", "[process][big]") {
  run_clean([]() -> task<> {
    std::size_t const before = open_descriptors();
    int codes = 0;
    for (int i = 0; i < 1000; ++i) {
      subprocess p = co_await create_subprocess_exec(command("true"), {.standard_output = stdio::pipe});
      codes += co_await p.wait();
    }
    CHECK(codes == 0);
    CHECK(no_children());
    CHECK(open_descriptors() == before);
  });
}

TEST_CASE("a hundred children at once do not get into each other's way", "[process][big]") {
  run_clean([]() -> task<> {
    std::vector<task<int>> calls;
    for (int i = 0; i < 100; ++i) calls.push_back(sum_of_pipe(i));
    std::vector<int> const results = co_await gather(std::move(calls));
    int wrong = 0;
    for (int i = 0; i < 100; ++i) wrong += results[static_cast<std::size_t>(i)] != 2 * i;
    CHECK(wrong == 0);
    CHECK(no_children());
  });
}

TEST_CASE("the pipes of one child do not get into another", "[process]") {
  run_clean([]() -> task<> {
    constexpr process_options pipes{.standard_input = stdio::pipe, .standard_output = stdio::pipe};
    subprocess first = co_await create_subprocess_exec(command("cat"), pipes);
    subprocess second = co_await create_subprocess_exec(command("ls", "-l", "/proc/self/fd"), pipes);
    auto [listing, error] = co_await second.communicate();
    std::size_t lines = 0;
    for (char const c : listing) lines += c == '\n';
    CHECK(lines == 1 + 3 + 1);  // "total 0", the standard three, and the one with which it reads the directory
    // With a copy of the write end in the second child this would hang while that lives.
    subprocess holder = co_await create_subprocess_exec(command("sleep", 60), pipes);
    co_await first.standard_input().close();
    int const code = co_await wait_for(first.wait(), 30s);
    CHECK(code == 0);
  });
}

TEST_CASE("loops on several threads have children of their own", "[process][threads]") {
  constexpr int loops = 3;
  std::vector<int> sums(loops, 0);
  std::size_t const before = open_descriptors();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < loops; ++i)
      threads.emplace_back([&sums, i] {
        run_real([&]() -> task<> {
          for (int n = 0; n < 20; ++n) {
            int const doubled = co_await sum_of_pipe(n);
            sums[static_cast<std::size_t>(i)] += doubled;
          }
        });
      });
  }
  CHECK(sums == std::vector<int>(loops, 380));
  CHECK(no_children());
  CHECK(open_descriptors() == before);
}
