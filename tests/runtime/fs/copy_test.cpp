// SPDX-License-Identifier: MIT
#include "../../support/cancel_in_passes.hpp"
#include "../../support/error_of.hpp"
#include "../../support/files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>
#include <string>

using namespace halka;
using namespace halka::test;

namespace {

std::size_t entries_in(std::string const& directory) {
  auto const entries = std::filesystem::directory_iterator(directory);
  return static_cast<std::size_t>(std::distance(std::filesystem::begin(entries), std::filesystem::end(entries)));
}

}  // namespace

TEST_CASE("a copy has the contents and the permissions", "[fs][copy]") {
  scratch_directory dir;
  std::string const text = noise(20'000'000);
  put(dir / "from", text);
  REQUIRE(chmod((dir / "from").c_str(), 0754) == 0);
  run_real([&]() -> task<> {
    co_await fs::copy(dir / "from", dir / "to");
    CHECK((contents(dir / "to") == text));
    fs::file_status const s = co_await fs::stat(dir / "to");
    CHECK(s.permissions == 0754);
    put(dir / "empty", "");
    co_await fs::copy(dir / "empty", dir / "empty too");
    CHECK(contents(dir / "empty too").empty());
    co_await fs::copy("/proc/self/status", dir / "status");  // it has no size
    CHECK(contents(dir / "status").starts_with("Name:"));
  });
  CHECK(entries_in(dir.path()) == 5);
}

TEST_CASE("a copy replaces only what it may", "[fs][copy]") {
  scratch_directory dir;
  put(dir / "from", "new");
  put(dir / "to", "old");
  std::string const both = "copy " + (dir / "from") + " to ";
  run_real([&]() -> task<> {
    auto error = co_await error_of(fs::copy(dir / "from", dir / "to"));
    CHECK(error == both + (dir / "to") + ": File exists");
    CHECK(contents(dir / "to") == "old");
    co_await fs::copy(dir / "from", dir / "to", {.overwrite = true});
    CHECK(contents(dir / "to") == "new");
    error = co_await error_of(fs::copy(dir / "from", dir / "from", {.overwrite = true}));
    CHECK(error == both + (dir / "from") + ": Invalid argument");
    CHECK(contents(dir / "from") == "new");
    error = co_await error_of(fs::copy(dir / "from", dir.path(), {.overwrite = true}));
    CHECK(error == both + dir.path() + ": Is a directory");
    error = co_await error_of(fs::copy(dir.path(), dir / "x"));
    CHECK(error == "copy " + dir.path() + " to " + (dir / "x") + ": Is a directory");
    error = co_await error_of(fs::copy(dir / "none", dir / "x"));
    CHECK(error == "open " + (dir / "none") + ": No such file or directory");
  });
  CHECK(entries_in(dir.path()) == 2);
}

TEST_CASE("a copy that is cancelled leaves nothing behind", "[fs][copy][cancel]") {
  scratch_directory dir;
  scratch_directory target;
  put(dir / "from", noise(1000));
  REQUIRE(::truncate((dir / "from").c_str(), 100 << 20) == 0);
  std::size_t const cancelled = cancel_in_passes([&]() -> task<> { co_await fs::copy(dir / "from", target / "to"); },
                                                 [&] {
                                                   if (std::filesystem::exists(target / "to")) {
                                                     CHECK(std::filesystem::file_size(target / "to") == 100 << 20);
                                                     CHECK(entries_in(target.path()) == 1);
                                                     std::filesystem::remove(target / "to");
                                                   } else {
                                                     CHECK(entries_in(target.path()) == 0);
                                                   }
                                                 });
  CHECK(cancelled > 0);
}
