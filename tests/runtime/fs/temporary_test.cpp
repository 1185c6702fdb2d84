// SPDX-License-Identifier: MIT
#include "../../support/cancel_in_passes.hpp"
#include "../../support/error_of.hpp"
#include "../../support/files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <string>
#include <utility>

using namespace halka;
using namespace halka::test;

namespace {

bool is_empty(std::string const& directory) { return std::filesystem::is_empty(directory); }

}  // namespace

TEST_CASE("a temporary directory is the user's own and is removed with all in it", "[fs][temporary]") {
  scratch_directory dir;
  run_real([&]() -> task<> {
    fs::scratch_directory t = co_await fs::temporary_directory({.directory = dir.path(), .prefix = "work-"});
    CHECK(t.path().starts_with(dir / "work-"));
    fs::file_status const s = co_await fs::stat(t.path());
    CHECK(s.permissions == 0700);
    co_await fs::make_directory(t / "a/b", {.parents = true});
    co_await write_text(t / "a/b/f", "x");
    fs::scratch_directory moved = std::move(t);
    CHECK(t.path().empty());
    co_await moved.close();
    CHECK(is_empty(dir.path()));
    co_await moved.close();
    {
      fs::scratch_directory const dropped = co_await fs::temporary_directory({.directory = dir.path()});
      co_await write_text(dropped / "f", "x");
    }
    CHECK(is_empty(dir.path()));
    fs::scratch_directory const removed = co_await fs::temporary_directory({.directory = dir.path()});
    std::filesystem::remove_all(removed.path());
    auto const error = co_await error_of([&]() -> task<> { co_await fs::temporary_directory({.directory = "/no/such"}); }());
    CHECK(error.starts_with("mkdir /no/such/halka-"));
    CHECK(error.ends_with(": No such file or directory"));
  });
}

TEST_CASE("a temporary file is written, read and removed", "[fs][temporary]") {
  scratch_directory dir;
  std::size_t const before = open_descriptors();
  run_real([&]() -> task<> {
    fs::scratch_file f = co_await fs::temporary_file({.directory = dir.path()});
    co_await f.write("text");
    co_await f.flush();
    CHECK(contents(f.path()) == "text");
    co_await f.seek(0);
    std::string const text = co_await f.read();
    CHECK(text == "text");
    fs::file_status const s = co_await fs::stat(f.path());
    CHECK(s.permissions == 0600);
    co_await f.close();
    CHECK_FALSE(f.is_open());
    CHECK(is_empty(dir.path()));
    co_await f.close();
    fs::scratch_file second = co_await fs::temporary_file({.directory = dir.path()});
    second = co_await fs::temporary_file({.directory = dir.path()});
    CHECK(std::filesystem::exists(second.path()));
    { fs::scratch_file const dropped = std::move(second); }
    CHECK(is_empty(dir.path()));
    co_await with(co_await fs::temporary_file({.directory = dir.path()}), [&](fs::scratch_file& g) -> task<> {
      co_await g.write("x");
      CHECK_FALSE(is_empty(dir.path()));
    });
    CHECK(is_empty(dir.path()));
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("temporary files and directories are removed wherever their task is cancelled", "[fs][temporary][cancel]") {
  scratch_directory dir;
  std::size_t const cancelled = cancel_in_passes(
      [&]() -> task<> {
        fs::scratch_directory t = co_await fs::temporary_directory({.directory = dir.path()});
        fs::scratch_file f = co_await fs::temporary_file({.directory = t.path()});
        co_await f.write("text");
        co_await f.close();
        co_await t.close();
      },
      [&] { CHECK(is_empty(dir.path())); });
  CHECK(cancelled > 0);
}
