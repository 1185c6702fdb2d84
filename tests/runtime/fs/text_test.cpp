// SPDX-License-Identifier: MIT
#include "../../support/cancel_in_passes.hpp"
#include "../../support/child_process.hpp"
#include "../../support/error_of.hpp"
#include "../../support/files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <string>

using namespace halka;
using namespace halka::test;

namespace {

std::size_t entries_in(std::string const& directory) {
  auto const entries = std::filesystem::directory_iterator(directory);
  return static_cast<std::size_t>(std::distance(std::filesystem::begin(entries), std::filesystem::end(entries)));
}

unsigned permissions_of(std::string const& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return 0;
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("write_text and read_text give back what was written, whatever the name", "[fs]") {
  scratch_directory dir;
  run_real([&]() -> task<> {
    for (std::string const& name :
         {std::string("plain"), std::string("two words"), std::string("line\nbreak"), std::string("\xff\xfe"),
          std::string(255, 'n'), std::string("-r"), std::string("\xc3\xa7\xc4\xb1kt\xc4\xb1")}) {
      for (std::size_t const size : {std::size_t{0}, std::size_t{5}, std::size_t{1'000'000}}) {
        std::string const text = noise(size);
        co_await write_text(dir / name, text);
        std::string const back = co_await read_text(dir / name);
        CHECK((back == text));
      }
    }
  });
  CHECK(entries_in(dir.path()) == 7);
}

TEST_CASE("an atomic write replaces the contents and keeps the permissions and the link", "[fs]") {
  scratch_directory dir;
  std::string const path = put(dir / "f", "old contents, longer than the new ones");
  REQUIRE(chmod(path.c_str(), 0640) == 0);
  REQUIRE(::symlink("f", (dir / "link").c_str()) == 0);
  run_real([&]() -> task<> {
    co_await write_text(path, "new", {.atomic = true});
    CHECK(contents(path) == "new");
    CHECK(permissions_of(path) == 0640);
    co_await write_text(dir / "link", "by the link", {.atomic = true});
    CHECK(contents(path) == "by the link");
    CHECK(std::filesystem::is_symlink(dir / "link"));
    co_await write_text(dir / "made", "x", {.atomic = true, .permissions = 0600});
    CHECK(permissions_of(dir / "made") == 0600);
    co_await write_text(dir / "synced", "y", {.sync = true});
    CHECK(contents(dir / "synced") == "y");
  });
  CHECK(entries_in(dir.path()) == 4);
}

TEST_CASE("an atomic write that fails leaves all as it was", "[fs]") {
  scratch_directory dir;
  std::string const path = put(dir / "f", "old");
  child_end const end = in_child([&] {
    signal(SIGXFSZ, SIG_IGN);
    rlimit const limit{100'000, 100'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::string error;
    halka::run([&]() -> task<> { error = co_await error_of(write_text(path, noise(200'000), {.atomic = true})); });
    return error.ends_with(": File too large") ? 0 : 1;
  });
  CHECK(end.exit_code == 0);
  CHECK(contents(path) == "old");
  CHECK(entries_in(dir.path()) == 1);
}

TEST_CASE("errors of read_text and write_text name the path", "[fs]") {
  scratch_directory dir;
  run_real([&]() -> task<> {
    auto read = [](std::string path) -> task<> { co_await read_text(path); };
    auto error = co_await error_of(read(dir / "missing"));
    CHECK(error == "open " + (dir / "missing") + ": No such file or directory");
    error = co_await error_of(read(dir.path()));
    CHECK(error == "open " + dir.path() + ": Is a directory");
    error = co_await error_of(write_text(dir / "no/such/place", "x"));
    CHECK(error == "open " + (dir / "no/such/place") + ": No such file or directory");
    error = co_await error_of(write_text(dir / "no/such/place", "x", {.atomic = true}));
    CHECK(error.ends_with(": No such file or directory"));
    error = co_await error_of(write_text(dir.path(), "x", {.atomic = true}));
    CHECK(error.ends_with(": Is a directory"));
  });
  CHECK(entries_in(dir.path()) == 0);
}

TEST_CASE("an atomic write that is cancelled anywhere has happened or has not", "[fs][cancel]") {
  scratch_directory dir;
  std::string const path = put(dir / "f", "old");
  std::string const text = noise(200'000);
  std::string told = "old";
  std::size_t const cancelled = cancel_in_passes(
      [&]() -> task<> {
        told = "old";
        co_await write_text(path, text, {.atomic = true});
        told = text;
      },
      [&] {
        CHECK((contents(path) == told));
        CHECK(entries_in(dir.path()) == 1);
        put(path, told = "old");
      });
  CHECK(cancelled > 0);
}
