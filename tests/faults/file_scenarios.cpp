// SPDX-License-Identifier: MIT
#include "../support/files.hpp"
#include "scenario.hpp"

#include <halka/io/ops/make_directory.hpp>
#include <halka/io/ops/open.hpp>
#include <halka/io/ops/rename.hpp>
#include <halka/io/ops/status.hpp>
#include <halka/io/ops/sync.hpp>
#include <halka/io/ops/truncate.hpp>
#include <halka/io/ops/unlink.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>

namespace halka::faults {

namespace {

std::string path(char const* name) { return scratch() + '/' + name; }

/// A path where nothing is.
std::string fresh(char const* name) {
  spared const own;
  std::string p = path(name);
  std::error_code ignored;
  std::filesystem::remove_all(p, ignored);
  return p;
}

task<> low_level() {
  std::string const name = fresh("low");
  unique_fd const fd = co_await io::open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  co_await io::truncate(fd.get(), 10);
  co_await io::sync(fd.get());
  struct statx status {};
  co_await io::status(AT_FDCWD, name, 0, STATX_SIZE, status);
  expect(status.stx_size == 10, "statx");
  std::string const other = fresh("low2");
  co_await io::rename(name, other);
  co_await io::unlink(other);
  std::string const directory = fresh("lowd");
  co_await io::make_directory(directory);
  co_await io::unlink(directory, true);
}

task<> file_round_trip() {
  std::string const name = fresh("file");
  file out = co_await open_file(name, "w+");
  co_await out.write("one\ntwo\n");
  co_await out.write("three\n");
  co_await out.flush();
  co_await out.seek(0);
  std::string const line = co_await out.read_line();
  std::string const rest = co_await out.read();
  co_await out.close();
  expect(line == "one\n" && rest == "two\nthree\n", "what a file holds");
}

task<> file_at_offsets() {
  std::string const name = fresh("offsets");
  file f = co_await open_file(name, "w+");
  co_await f.write_at(4, "hello");
  std::string const got = co_await f.read_at(4, 5);
  std::uint64_t const size = co_await f.size();
  co_await f.truncate(2);
  co_await f.sync();
  co_await f.close();
  expect(got == "hello" && size == 9, "read_at");
}

task<> file_dropped() {
  std::string const name = fresh("dropped");
  {
    file f = co_await open_file(name, "w");
    co_await f.write("unflushed");
  }
  std::string const got = by_itself([&] { return test::contents(name); });
  expect(got == "unflushed", "what a dropped file wrote");
}

task<> text() {
  std::string const name = fresh("text");
  co_await write_text(name, "hello");
  std::string const got = co_await read_text(name);
  expect(got == "hello", "read_text");
}

task<> atomic_text() {
  std::string const name = path("atomic");
  by_itself([&] { return test::put(name, "old"); });
  std::exception_ptr failure;
  try {
    co_await write_text(name, "new", {.atomic = true});
  } catch (...) {
    failure = std::current_exception();
  }
  std::string const now = by_itself([&] { return test::contents(name); });
  if (now != "new" && !(failure && now == "old")) throw std::logic_error("an atomic write left '" + now + "'");
  if (failure) std::rethrow_exception(failure);
}

task<> names() {
  std::string const a = fresh("a");
  std::string const b = fresh("b");
  co_await fs::touch(a);
  co_await fs::set_permissions(a, 0600);
  co_await fs::rename(a, b);
  co_await fs::symlink("b", a);
  std::string const target = co_await fs::read_link(a);
  fs::file_status const status = co_await fs::stat(a);
  bool const there = co_await fs::exists(b);
  co_await fs::unlink(a);
  co_await fs::unlink(b);
  expect(target == "b" && status.is_file() && there, "names");
}

task<> copying() {
  std::string const a = path("source");
  std::string const b = fresh("copy");
  by_itself([&] { return test::put(a, "hello"); });
  co_await fs::copy(a, b);
  std::string const got = by_itself([&] { return test::contents(b); });
  expect(got == "hello", "copy");
}

task<> directories() {
  std::string const d = fresh("d");
  co_await fs::make_directory(d + "/e/f", {.parents = true});
  by_itself([&] { return test::put(d + "/e/x", "x"); });
  std::vector<fs::directory_entry> const entries = co_await fs::list_directory(d);
  expect(entries.size() == 1, "list_directory");
  std::size_t seen = 0;
  auto walk = fs::walk(d);
  while (auto const entry = co_await walk.next()) ++seen;
  co_await fs::remove_tree(d);
  bool const there = std::filesystem::exists(d);
  expect(seen == 3 && !there, "remove_tree");
}

task<> temporaries() {
  std::string const where = scratch();
  fs::scratch_directory d = co_await fs::temporary_directory({.directory = where});
  fs::scratch_file f = co_await fs::temporary_file({.directory = d.path()});
  co_await f.write("x");
  co_await f.close();
  co_await d.close();
}

}  // namespace

std::vector<scenario> const& operations_on_files() {
  static std::vector<scenario> const all{
      {"io::open, truncate, sync, status, rename, unlink, make_directory", low_level},
      {"file: write, flush, seek, read, read_line, close", file_round_trip},
      {"file: write_at, read_at, size, truncate, sync", file_at_offsets},
      {"file: dropped with unwritten bytes", file_dropped},
      {"read_text, write_text", text},
      {"write_text, atomic", atomic_text},
      {"fs::touch, set_permissions, rename, symlink, read_link, stat, unlink", names},
      {"fs::copy", copying},
      {"fs::make_directory, list_directory, walk, remove_tree", directories},
      {"fs::temporary_directory, temporary_file", temporaries},
  };
  return all;
}

}  // namespace halka::faults
