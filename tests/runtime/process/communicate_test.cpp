// SPDX-License-Identifier: MIT
#include "../../support/children.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cstdint>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

constexpr process_options all_pipes{.standard_input = stdio::pipe, .standard_output = stdio::pipe, .standard_error = stdio::pipe};

}  // namespace

TEST_CASE("communicate collects more of both outputs than pipes hold", "[process]") {
  run_clean([]() -> task<> {
    subprocess p = co_await create_subprocess_shell("head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2; cat", all_pipes);
    std::string const input(1'000'000, 'i');
    auto [output, error] = co_await p.communicate(input);
    CHECK(output.size() == 4'000'000);
    CHECK(output.ends_with("i"));
    CHECK(error.size() == 2'000'000);
    auto const s = p.statistics();
    CHECK(s.input_bytes == 1'000'000);
    CHECK(s.output_bytes == 4'000'000);
    CHECK(s.error_bytes == 2'000'000);
  });
}

TEST_CASE("communicate again yields nothing more, and the code stays", "[process]") {
  run_clean([]() -> task<> {
    subprocess p = co_await create_subprocess_exec(command("cat"), all_pipes);
    process_output const first = co_await p.communicate("once");
    process_output const second = co_await p.communicate();
    CHECK(first.output == "once");
    CHECK(second.output.empty());
    CHECK(p.return_code() == 0);
  });
}

TEST_CASE("communicate that was cancelled can be called again and loses no output", "[process][cancel]") {
  run_clean([]() -> task<> {
    subprocess p = co_await create_subprocess_shell("echo one; echo err >&2; read -r line; echo $line", all_pipes);
    auto const talking = spawn([&p]() -> task<> {
      // Its input never ends: this one writes nothing and closes nothing, because it is cancelled before.
      co_await p.standard_output().read(0);
      co_await p.wait();
    });
    co_await settle();
    talking.cancel();
    auto first = create_task(p.communicate());
    first.cancel();
    bool cancelled = false;
    try {
      co_await first;
    } catch (cancelled_error const&) {
      cancelled = true;
    }
    CHECK(cancelled);
    CHECK(p.is_running());
    auto [output, error] = co_await p.communicate("two\n");
    CHECK(output == "one\ntwo\n");
    CHECK(error == "err\n");
  });
}

TEST_CASE("communicate survives being cancelled in every pass, and a second call gets the rest", "[process][cancel]") {
  std::size_t const size = 300'000;
  for (int passes = 0; passes < 40; ++passes) {
    run_clean([&]() -> task<> {
      subprocess p = co_await create_subprocess_shell("head -c 300000 /dev/zero; echo end >&2", all_pipes);
      auto const talking = create_task(p.communicate());
      for (int i = 0; i < passes; ++i) co_await sleep(50us);
      talking.cancel();
      process_output got;
      bool cancelled = false;
      try {
        got = co_await talking;
      } catch (cancelled_error const&) {
        cancelled = true;
      }
      if (cancelled) got = co_await p.communicate();
      CHECK(got.output.size() == size);
      CHECK(got.error == "end\n");
      CHECK(p.return_code() == 0);
    });
  }
}

TEST_CASE("a child that closes its input early does not hurt communicate", "[process]") {
  run_clean([]() -> task<> {
    subprocess p = co_await create_subprocess_shell("exec <&-; sleep 0.05; echo done", all_pipes);
    std::string const input(1 << 20, 'x');
    auto [output, error] = co_await p.communicate(input);
    CHECK(output == "done\n");
    CHECK(p.return_code() == 0);
  });
}

TEST_CASE("a hundred megabytes arrive whole and in order", "[process][big]") {
  run_clean([]() -> task<> {
    constexpr int last = 12'345'679;
    subprocess p = co_await create_subprocess_exec(command("seq", 1, last), {.standard_output = stdio::pipe});
    std::uint64_t bytes = 0;
    std::uint64_t hash = 14695981039346656037U;
    bool more = true;
    while (more) {
      std::string const part = co_await p.standard_output().read(1 << 20);
      for (char const c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
      bytes += part.size();
      more = !part.empty();
    }
    std::uint64_t expected = 14695981039346656037U;
    std::uint64_t size = 0;
    for (int i = 1; i <= last; ++i) {
      std::string const text = std::to_string(i) + '\n';
      size += text.size();
      for (char const c : text) expected = (expected ^ static_cast<unsigned char>(c)) * 1099511628211U;
    }
    CHECK(size > 100'000'000);
    CHECK(bytes == size);
    CHECK(hash == expected);
    int const code = co_await p.wait();
    CHECK(code == 0);
  });
}

TEST_CASE("a stream of a child is used while another task waits for the child", "[process]") {
  run_clean([]() -> task<> {
    subprocess bc = co_await create_subprocess_exec(command("cat"), all_pipes);
    auto const ended = create_task(bc.wait());
    for (int i = 0; i < 100; ++i) {
      std::string const line = "line " + std::to_string(i) + '\n';
      co_await bc.standard_input().write(line);
      std::string const back = co_await bc.standard_output().read_line();
      if (back != line) FAIL("got " << back);
    }
    co_await bc.standard_input().close();
    int const code = co_await ended;
    CHECK(code == 0);
  });
}
