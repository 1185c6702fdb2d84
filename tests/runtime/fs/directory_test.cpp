// SPDX-License-Identifier: MIT
#include "../../support/cancel_in_passes.hpp"
#include "../../support/error_of.hpp"
#include "../../support/files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

std::vector<std::string> names_of(std::vector<fs::directory_entry> const& entries) {
  std::vector<std::string> names;
  for (fs::directory_entry const& e : entries) names.push_back(e.name);
  return names;
}

void make_tree(std::string const& root) {
  std::filesystem::create_directories(root + "/a/b/c");
  std::filesystem::create_directories(root + "/.hidden");
  put(root + "/a/one", "1");
  put(root + "/a/b/two", "2");
  put(root + "/.hidden/three", "3");
  put(root + "/last", "4");
}

}  // namespace

TEST_CASE("a directory is made, with those above it if asked for", "[fs][directory]") {
  scratch_directory dir;
  run_real([&]() -> task<> {
    co_await fs::make_directory(dir / "one", {.mode = 0700});
    fs::file_status const s = co_await fs::stat(dir / "one");
    CHECK(s.is_directory());
    CHECK(s.permissions == 0700);
    auto error = co_await error_of(fs::make_directory(dir / "one"));
    CHECK(error == "mkdir " + (dir / "one") + ": File exists");
    co_await fs::make_directory(dir / "one", {.exist_ok = true});
    error = co_await error_of(fs::make_directory(dir / "a/b/c"));
    CHECK(error == "mkdir " + (dir / "a/b/c") + ": No such file or directory");
    co_await fs::make_directory(dir / "a/b/c//", {.parents = true});
    CHECK(std::filesystem::is_directory(dir / "a/b/c"));
    error = co_await error_of(fs::make_directory(dir / "a/b/c", {.parents = true}));
    CHECK(error == "mkdir " + (dir / "a/b/c") + ": File exists");
    co_await fs::make_directory(dir / "a/b/c", {.parents = true, .exist_ok = true});
    put(dir / "f", "");
    error = co_await error_of(fs::make_directory(dir / "f", {.exist_ok = true}));
    CHECK(error == "mkdir " + (dir / "f") + ": File exists");
    error = co_await error_of(fs::make_directory(dir / "f/below", {.parents = true}));
    CHECK(error == "mkdir " + (dir / "f/below") + ": Not a directory");
    error = co_await error_of(fs::make_directory(""));
    CHECK(error == "mkdir : No such file or directory");
    error = co_await error_of(fs::make_directory("", {.parents = true}));
    CHECK(error == "mkdir : No such file or directory");
  });
}

TEST_CASE("an empty directory is removed, others are not", "[fs][directory]") {
  scratch_directory dir;
  make_tree(dir / "tree");
  run_real([&]() -> task<> {
    co_await fs::remove_directory(dir / "tree/a/b/c");
    CHECK_FALSE(std::filesystem::exists(dir / "tree/a/b/c"));
    auto error = co_await error_of(fs::remove_directory(dir / "tree/a"));
    CHECK(error == "rmdir " + (dir / "tree/a") + ": Directory not empty");
    error = co_await error_of(fs::remove_directory(dir / "tree/last"));
    CHECK(error == "rmdir " + (dir / "tree/last") + ": Not a directory");
  });
}

TEST_CASE("list_directory tells names and types, sorted, whatever the names", "[fs][directory]") {
  scratch_directory dir;
  make_tree(dir / "tree");
  for (char const* name : {"two words", "line\nbreak", "\xff\xfe"}) put(dir / "tree" + "/" + name, "");
  REQUIRE(::symlink("last", (dir / "tree/link").c_str()) == 0);
  run_real([&]() -> task<> {
    std::vector<fs::directory_entry> const all = co_await fs::list_directory(dir / "tree");
    CHECK((names_of(all) == std::vector<std::string>{".hidden", "a", "last", "line\nbreak", "link", "two words", "\xff\xfe"}));
    CHECK(all[0].type == fs::file_type::directory);
    CHECK(all[2].type == fs::file_type::regular);
    CHECK(all[4].type == fs::file_type::symlink);
    auto error = co_await error_of([&]() -> task<> { co_await fs::list_directory(dir / "none"); }());
    CHECK(error == "open directory " + (dir / "none") + ": No such file or directory");
    error = co_await error_of([&]() -> task<> { co_await fs::list_directory(dir / "tree/last"); }());
    CHECK(error == "open directory " + (dir / "tree/last") + ": Not a directory");
  });
}

TEST_CASE("remove_tree removes all and follows no symbolic link", "[fs][directory]") {
  scratch_directory dir;
  make_tree(dir / "tree");
  make_tree(dir / "other");
  REQUIRE(::symlink((dir / "other").c_str(), (dir / "tree/link").c_str()) == 0);
  REQUIRE(mkfifo((dir / "tree/pipe").c_str(), 0600) == 0);
  run_real([&]() -> task<> {
    co_await fs::remove_tree(dir / "tree");
    CHECK_FALSE(std::filesystem::exists(dir / "tree"));
    CHECK(std::filesystem::exists(dir / "other/a/b/two"));
    std::filesystem::create_directory_symlink(dir / "other", dir / "link");
    co_await fs::remove_tree(dir / "link");
    CHECK_FALSE(std::filesystem::is_symlink(dir / "link"));
    CHECK(std::filesystem::exists(dir / "other/a/b/two"));
    co_await fs::remove_tree(dir / "other/last");
    CHECK_FALSE(std::filesystem::exists(dir / "other/last"));
    auto const error = co_await error_of(fs::remove_tree(dir / "none"));
    CHECK(error == "remove " + (dir / "none") + ": No such file or directory");
  });
}

TEST_CASE("two removals of one tree at once do not disturb each other", "[fs][directory]") {
  scratch_directory dir;
  for (int i = 0; i < 40; ++i)
    for (int j = 0; j < 10; ++j) {
      std::string const below = dir / "tree/" + std::to_string(i) + "/" + std::to_string(j);
      std::filesystem::create_directories(below);
      put(below + "/f", "x");
    }
  run_real([&]() -> task<> { co_await gather(return_exceptions, fs::remove_tree(dir / "tree"), fs::remove_tree(dir / "tree")); });
  CHECK_FALSE(std::filesystem::exists(dir / "tree"));
}

TEST_CASE("a removal that is cancelled anywhere stops and can be repeated", "[fs][directory][cancel]") {
  scratch_directory dir;
  cancel_in_passes(
      [&]() -> task<> {
        make_tree(dir / "tree");
        co_await fs::remove_tree(dir / "tree");
      },
      [&] {
        std::error_code ignored;
        std::filesystem::remove_all(dir / "tree", ignored);
      });
}

TEST_CASE("walk yields each entry before what is in it", "[fs][walk]") {
  scratch_directory dir;
  make_tree(dir / "t");
  REQUIRE(::symlink("..", (dir / "t/up").c_str()) == 0);
  run_real([&]() -> task<> {
    trace seen;
    auto entries = fs::walk(dir / "t");
    while (auto entry = co_await entries.next()) {
      CHECK(entry->path.starts_with(dir / "t/"));
      CHECK(entry->path.ends_with("/" + entry->name));
      seen.push_back(std::to_string(entry->depth) + entry->path.substr((dir / "t").size()) + " " +
                     std::string(fs::to_string(entry->type)));
    }
    CHECK(seen == trace{"0/.hidden directory", "1/.hidden/three regular", "0/a directory", "1/a/b directory", "2/a/b/c directory",
                        "2/a/b/two regular", "1/a/one regular", "0/last regular", "0/up symlink"});
    std::size_t count = 0;
    auto visible = fs::walk(dir / "t", {.enter_hidden = false});
    while (auto entry = co_await visible.next()) ++count;
    CHECK(count == 8);
  });
}

TEST_CASE("walk leaves out what vanishes, and throws or skips what it cannot read", "[fs][walk]") {
  scratch_directory dir;
  make_tree(dir / "t");
  run_real([&]() -> task<> {
    trace seen;
    auto entries = fs::walk(dir / "t");
    while (auto entry = co_await entries.next()) {
      seen.push_back(entry->name);
      if (entry->name == "a") std::filesystem::remove_all(dir / "t/a");
    }
    CHECK(seen == trace{".hidden", "three", "a", "last"});
    auto none = fs::walk(dir / "none");
    auto const error = co_await error_of([&]() -> task<> { co_await none.next(); }());
    CHECK(error == "open directory " + (dir / "none") + ": No such file or directory");
    auto skipped = fs::walk(dir / "none", {.errors = fs::walk_errors::skip});
    auto const entry = co_await skipped.next();
    CHECK_FALSE(entry.has_value());
  });
}
