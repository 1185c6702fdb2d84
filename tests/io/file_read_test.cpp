// SPDX-License-Identifier: MIT
#include "../support/error_of.hpp"
#include "../support/files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

constexpr std::size_t block = file_state::block_size;

task<> read_to_end(std::string path, std::string& into, std::size_t piece) {
  file f = co_await open_file(path);
  while (true) {
    std::string part = co_await f.read(piece);
    if (part.empty()) break;
    into += part;
  }
  co_await f.close();
}

}  // namespace

TEST_CASE("a file is read in pieces of any size, and whole", "[io][file]") {
  scratch_directory dir;
  std::string const text = noise(3 * block + 777);
  std::string const path = put(dir / "noise", text);
  run_real([&]() -> task<> {
    for (std::size_t const piece : {std::size_t{1000}, block - 1, block, block + 1, 2 * block + 5, 10 * block}) {
      std::string all;
      co_await read_to_end(path, all, piece);
      CHECK((all == text));
    }
    file f = co_await open_file(path);
    std::string const first = co_await f.read(10);
    std::string const rest = co_await f.read();
    CHECK((first + rest == text));
    CHECK(f.tell() == text.size());
    std::string const nothing = co_await f.read_all();
    CHECK(nothing.empty());
    co_await f.close();
  });
}

TEST_CASE("small reads are made of blocks, long ones go directly into the caller's memory", "[io][file]") {
  scratch_directory dir;
  std::string const path = put(dir / "noise", noise(4 * block));
  run_real([&]() -> task<> {
    file f = co_await open_file(path);
    for (int i = 0; i < 128; ++i) {
      std::string const part = co_await f.read(1024);
      CHECK(part.size() == 1024);
    }
    CHECK(f.statistics().reads == 1);
    CHECK(f.statistics().bytes_read == block);
    std::string memory(2 * block, '\0');
    std::size_t const n = co_await f.read_some(memory);
    CHECK(n == 2 * block);
    CHECK(f.statistics().reads == 2);
    CHECK((memory == contents(path).substr(block, 2 * block)));
    co_await f.close();
  });
}

TEST_CASE("lines keep their line breaks, the last may have none", "[io][file][lines]") {
  scratch_directory dir;
  std::string const long_line(3 * block, 'x');
  std::string const path = put(dir / "lines", "one\n\nthree\r\n" + long_line + "\nlast");
  std::vector<std::string> seen;
  run_real([&]() -> task<> {
    file f = co_await open_file(path);
    auto lines = f.lines();
    while (auto line = co_await lines.next()) seen.push_back(*line);
    std::string const after = co_await f.read_line();
    CHECK(after.empty());
    co_await f.close();
  });
  CHECK((seen == std::vector<std::string>{"one\n", "\n", "three\r\n", long_line + "\n", "last"}));
}

TEST_CASE("a file that grows goes on where it ended", "[io][file][lines]") {
  scratch_directory dir;
  std::string const path = put(dir / "log", "one\n");
  run_real([&]() -> task<> {
    file log = co_await open_file(path, "a");
    file f = co_await open_file(path);
    std::string line = co_await f.read_line();
    CHECK(line == "one\n");
    line = co_await f.read_line();
    CHECK(line.empty());
    co_await log.write("two\nthr");
    co_await log.flush();
    line = co_await f.read_line();
    CHECK(line == "two\n");
    line = co_await f.read_line();
    CHECK(line == "thr");
    co_await log.write("ee\n");
    co_await log.close();
    line = co_await f.read_line();
    CHECK(line == "ee\n");
    co_await f.close();
  });
}

TEST_CASE("many reads at offsets are in flight at once, and none moves the position", "[io][file]") {
  scratch_directory dir;
  std::string const text = noise(1 << 20);
  std::string const path = put(dir / "noise", text);
  run_real([&]() -> task<> {
    file f = co_await open_file(path);
    std::vector<std::string> parts(256, std::string(4096, '\0'));
    auto read_part = [&](std::size_t i) -> task<> {
      std::size_t const n = co_await f.read_at(i * 4096, parts[i]);
      CHECK(n == 4096);
    };
    std::vector<task<>> all;
    for (std::size_t i = 0; i < parts.size(); ++i) all.push_back(read_part(255 - i));
    co_await gather(std::move(all));
    std::string joined;
    for (std::string const& part : parts) joined += part;
    CHECK((joined == text));
    CHECK(f.tell() == 0);

    std::string const longer = co_await f.read_at(1000, 600'000);
    CHECK((longer == text.substr(1000, 600'000)));
    std::string const tail = co_await f.read_at(text.size() - 3, 100);
    CHECK(tail == text.substr(text.size() - 3));
    std::string const beyond = co_await f.read_at(text.size() + 5, 100);
    CHECK(beyond.empty());
    co_await f.close();
  });
}

TEST_CASE("seek and tell move and tell the position, also inside of what was read ahead", "[io][file]") {
  scratch_directory dir;
  std::string const text = noise(2 * block);
  std::string const path = put(dir / "noise", text);
  run_real([&]() -> task<> {
    file f = co_await open_file(path);
    std::string part = co_await f.read(10);
    std::uint64_t at = co_await f.seek(100);
    CHECK(at == 100);
    part = co_await f.read(10);
    CHECK(part == text.substr(100, 10));
    CHECK(f.statistics().reads == 1);
    at = co_await f.seek(-20, seek_from::current);
    CHECK(at == 90);
    part = co_await f.read(5);
    CHECK(part == text.substr(90, 5));
    at = co_await f.seek(-4, seek_from::end);
    CHECK(at == text.size() - 4);
    part = co_await f.read(100);
    CHECK(part == text.substr(text.size() - 4));
    at = co_await f.seek(10, seek_from::end);
    part = co_await f.read();
    CHECK(part.empty());
    co_await f.seek(0);
    auto const negative = co_await error_of([&]() -> task<> { co_await f.seek(-1); }());
    CHECK(negative == "seek " + path + ": Invalid argument");
    CHECK(f.tell() == 0);
    co_await f.close();
  });
}

TEST_CASE("an empty file, and a sparse one, are read like any other", "[io][file]") {
  scratch_directory dir;
  std::string const empty = put(dir / "empty", "");
  std::string const sparse = put(dir / "sparse", "begin");
  REQUIRE(::truncate(sparse.c_str(), 300'000) == 0);
  run_real([&]() -> task<> {
    file f = co_await open_file(empty);
    std::string text = co_await f.read();
    CHECK(text.empty());
    text = co_await f.read(0);
    CHECK(text.empty());
    co_await f.close();
    file s = co_await open_file(sparse);
    text = co_await s.read();
    CHECK((text == "begin" + std::string(299'995, '\0')));
    co_await s.close();
  });
}

TEST_CASE("files of the kernel, which have no size, are read whole", "[io][file]") {
  run_real([]() -> task<> {
    file f = co_await open_file("/proc/self/status");
    std::string const text = co_await f.read();
    CHECK(text.starts_with("Name:"));
    CHECK(text.ends_with("\n"));
    co_await f.close();
    file zero = co_await open_file("/dev/zero");
    std::string const zeros = co_await zero.read(300'000);
    CHECK((zeros == std::string(300'000, '\0')));
    std::string const at = co_await zero.read_at(12'345, 7);
    CHECK(at == std::string(7, '\0'));
    co_await zero.close();
  });
}

TEST_CASE("reads of several tasks are served whole, in the order in which they were begun", "[io][file]") {
  scratch_directory dir;
  std::string text;
  for (int i = 0; i < 3000; ++i) text += std::to_string(i) + std::string(static_cast<std::size_t>(i % 90), '.') + '\n';
  std::string const path = put(dir / "lines", text);
  std::vector<std::string> seen(3000);
  run_real([&]() -> task<> {
    file f = co_await open_file(path);
    std::vector<task_handle<>> readers;
    auto read_one = [&](std::size_t i) -> task<> { seen[i] = co_await f.read_line(); };
    for (std::size_t i = 0; i < seen.size(); ++i) readers.push_back(spawn(read_one, i));
    co_await wait(readers);
    co_await f.close();
  });
  std::string joined;
  for (std::string const& line : seen) joined += line;
  CHECK((joined == text));
}
