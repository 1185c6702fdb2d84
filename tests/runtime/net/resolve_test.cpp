// SPDX-License-Identifier: MIT
#include "../../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <netdb.h>
#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> texts(std::vector<socket_address> const& addresses) {
  std::vector<std::string> list;
  for (socket_address const& a : addresses) list.push_back(a.to_string());
  return list;
}

task<std::string> error_of(task<std::vector<socket_address>> lookup) {
  std::string text = "none";
  try {
    co_await std::move(lookup);
  } catch (std::system_error const& e) {
    text = std::string(e.code().category().name()) + ": " + e.what();
  }
  co_return text;
}

}  // namespace

TEST_CASE("an address in numbers is resolved without a thread", "[runtime][resolve]") {
  run_real([]() -> task<> {
    auto const v4 = co_await resolve("127.0.0.1", 80);
    CHECK(texts(v4) == trace{"127.0.0.1:80"});
    auto const v6 = co_await resolve("::1", 65535);
    CHECK(texts(v6) == trace{"[::1]:65535"});
    CHECK(get_running_loop().default_executor == nullptr);
  });
}

TEST_CASE("a name is resolved, in the family that is asked for", "[runtime][resolve]") {
  run_real([]() -> task<> {
    auto const all = co_await resolve("localhost", 7);
    CHECK(std::ranges::find(all, socket_address::ip("127.0.0.1", 7)) != all.end());
    CHECK(get_running_loop().default_executor != nullptr);
    auto const v4 = co_await resolve("localhost", 7, {.family = address_family::ipv4});
    CHECK(texts(v4) == trace{"127.0.0.1:7"});
    auto const unusual = co_await resolve("127.1", 7);
    CHECK(texts(unusual) == trace{"127.0.0.1:7"});
  });
}

TEST_CASE("an empty host is this machine", "[runtime][resolve]") {
  run_real([]() -> task<> {
    auto const to_connect = co_await resolve("", 5);
    CHECK(texts(to_connect) == trace{"[::1]:5", "127.0.0.1:5"});
    auto const to_listen = co_await resolve("", 5, {.passive = true});
    CHECK(texts(to_listen) == trace{"0.0.0.0:5", "[::]:5"});
    auto const only = co_await resolve("", 5, {.family = address_family::ipv6, .passive = true});
    CHECK(texts(only) == trace{"[::]:5"});
  });
}

TEST_CASE("a service can stand for the port", "[runtime][resolve]") {
  run_real([]() -> task<> {
    auto const by_number = co_await resolve("127.0.0.1", "8080");
    CHECK(texts(by_number) == trace{"127.0.0.1:8080"});
    std::string const said = co_await error_of(resolve("127.0.0.1", "no-such-service"));
    CHECK(said.starts_with("resolve: resolve 127.0.0.1 port no-such-service: "));
  });
}

TEST_CASE("what cannot be resolved is named in the error", "[runtime][resolve]") {
  run_real([]() -> task<> {
    // The resolver may have no network: both answers are errors about that name.
    std::string const said = co_await error_of(resolve("no.such.host.invalid", 80));
    bool const named = said == "resolve: resolve no.such.host.invalid: Name or service not known" ||
                       said == "resolve: resolve no.such.host.invalid: Temporary failure in name resolution";
    CHECK(named);
    std::string const family = co_await error_of(resolve("::1", 80, {.family = address_family::ipv4}));
    CHECK(family == "resolve: resolve ::1: Address family for hostname not supported");
    CHECK(resolve_category().message(EAI_NONAME) == "Name or service not known");
  });
}

TEST_CASE("a name with a zero character is refused", "[runtime][resolve]") {
  run_real([]() -> task<> {
    auto const refused = create_task(resolve(std::string("localhost\0.evil", 15), 80));
    co_await wait(std::vector(1, refused));
    CHECK(kind(refused.exception()) == "invalid_argument");
  });
}

TEST_CASE("a cancelled look-up returns at once", "[runtime][resolve]") {
  run_real([]() -> task<> {
    auto const lookup = create_task(resolve("localhost", 80));
    co_await yield_now();
    lookup.cancel();
    co_await yield_now();
    co_await yield_now();
    CHECK(lookup.cancelled());
  });
}
