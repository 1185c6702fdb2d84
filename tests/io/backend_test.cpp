// SPDX-License-Identifier: MIT
#include "../support/child_process.hpp"
#include "../support/environment.hpp"
#include "../support/features.hpp"
#include "../support/fixture.hpp"
#include "../support/io_uring_is_there.hpp"

#include <halka/runtime/testing/test_backend.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Message;
using Catch::Matchers::StartsWith;

namespace {

task<backend_choice> ask() { co_return backend(); }

std::string chosen(run_options options = {}) { return to_string(halka::run(ask(), options)); }

}  // namespace

TEST_CASE("a loop tells which backend it has, and why", "[io][backend]") {
  environment const none("HALKA_BACKEND", nullptr);
  features const all("");
  backend_choice const choice = halka::run(ask());
  if (io_uring_is_there()) {
    CHECK(choice.kind == backend_kind::io_uring);
    CHECK(choice.name == "io_uring");
  } else {
    CHECK(choice.kind == backend_kind::epoll);
    CHECK(choice.name == "epoll");
    CHECK_THAT(choice.reason, StartsWith("io_uring cannot be set up: "));
  }
  CHECK_FALSE(choice.reason.empty());
  CHECK(to_string(choice) == std::string(choice.name) + ": " + choice.reason);
}

TEST_CASE("outside of a loop there is no backend to ask for", "[io][backend]") { CHECK_THROWS_AS(backend(), std::logic_error); }

TEST_CASE("a loop that was made but does not run can be asked for its backend", "[io][backend]") {
  runner r({.backend = backend_kind::epoll});
  CHECK(to_string(backend(r.get_loop())) == "epoll: run_options");
}

TEST_CASE("HALKA_BACKEND chooses where the options do not", "[io][backend]") {
  {
    environment const e("HALKA_BACKEND", "epoll");
    CHECK(chosen() == "epoll: HALKA_BACKEND=epoll");
  }
  if (!io_uring_is_there()) return;
  environment const e("HALKA_BACKEND", "io_uring");
  CHECK_THAT(chosen(), StartsWith("io_uring: HALKA_BACKEND=io_uring"));
}

TEST_CASE("the options of a run win over HALKA_BACKEND", "[io][backend]") {
  environment const e("HALKA_BACKEND", "io_uring");
  CHECK(chosen({.backend = backend_kind::epoll}) == "epoll: run_options");
  environment const other("HALKA_BACKEND", "epoll");
  if (io_uring_is_there()) CHECK_THAT(chosen({.backend = backend_kind::io_uring}), StartsWith("io_uring: run_options"));
}

TEST_CASE("an empty HALKA_BACKEND is none, and one that names no backend is an error that names them", "[io][backend]") {
  {
    environment const e("HALKA_BACKEND", "");
    CHECK_THAT(chosen(), !ContainsSubstring("HALKA_BACKEND"));
  }
  for (char const* const bad : {"kqueue", "Epoll", "automatic", "epoll "}) {
    environment const e("HALKA_BACKEND", bad);
    CHECK_THROWS_MATCHES(chosen(), std::invalid_argument,
                         Message("HALKA_BACKEND=" + std::string(bad) + ": there is no such backend; there are io_uring and epoll"));
  }
}

TEST_CASE("a poller that the program brings is not replaced, whatever HALKA_BACKEND says", "[io][backend]") {
  environment const e("HALKA_BACKEND", "kqueue");
  runner r(std::make_unique<virtual_clock>(), {.backend = backend_kind::epoll});
  CHECK(r.run([]() -> task<int> { co_return 5; }) == 5);
  CHECK_THROWS_AS(backend(r.get_loop()), std::logic_error);
}

TEST_CASE("programs under test stand over the backend that is chosen", "[io][backend][testing]") {
  auto const kind = []() -> task<backend_kind> { co_return backend().kind; };
  auto const must_be_epoll = []() -> task<> {
    co_await yield_now();
    if (backend().kind != backend_kind::epoll) throw std::runtime_error("not over epoll");
  };
  {
    environment const e("HALKA_BACKEND", "epoll");
    CHECK(testing::run_test(kind) == backend_kind::epoll);
    CHECK(testing::run_test(kind, {.virtual_time = false}) == backend_kind::epoll);
  }
  environment const none("HALKA_BACKEND", nullptr);
  CHECK(testing::run_test(kind, {.backend = backend_kind::epoll}) == backend_kind::epoll);
  CHECK_NOTHROW(testing::run_test(must_be_epoll, {.cancel_everywhere = true, .backend = backend_kind::epoll}));
  CHECK_NOTHROW(testing::fuzz(must_be_epoll, {.seeds = 2, .backend = backend_kind::epoll}));
  if (io_uring_is_there()) CHECK(testing::run_test(kind, {.backend = backend_kind::io_uring}) == backend_kind::io_uring);
}

TEST_CASE("the loops of run_workers have the backend of its options", "[io][backend][thread]") {
  std::vector<backend_choice> const choices = run_workers(2, {.backend = backend_kind::epoll}, ask);
  REQUIRE(choices.size() == 2);
  for (backend_choice const& c : choices) CHECK(to_string(c) == "epoll: run_options");
}

TEST_CASE("nothing is printed, and with HALKA_DEBUG one line for a backend", "[io][backend]") {
  auto const two_loops = [](bool debug) {
    return in_child([debug] {
      setenv("HALKA_BACKEND", "epoll", 1);
      if (debug) setenv("HALKA_DEBUG", "1", 1);
      chosen();
      chosen();
      return 0;
    });
  };
  CHECK(two_loops(false).error_output.empty());
  CHECK(two_loops(true).error_output == "halka: backend epoll: HALKA_BACKEND=epoll\n");
}
