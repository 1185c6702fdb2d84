// SPDX-License-Identifier: MIT
#include "../support/error_of.hpp"
#include "../support/files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/stat.h>
#include <unistd.h>
#include <string>
#include <string_view>
#include <vector>

using namespace halka;
using namespace halka::test;

TEST_CASE("two thousand small writes equal one big one, and go out in few operations", "[io][file]") {
  scratch_directory dir;
  std::string const text = noise(2000 * 100);
  run_real([&]() -> task<> {
    file f = co_await open_file(dir / "small", "w");
    for (std::size_t i = 0; i < 2000; ++i) co_await f.write(std::string_view(text).substr(i * 100, 100));
    CHECK(f.tell() == text.size());
    co_await f.close();
    CHECK(f.statistics().writes <= 5);
    CHECK(f.statistics().bytes_written == text.size());

    file big = co_await open_file(dir / "big", "w");
    co_await big.write(text);
    CHECK(big.statistics().writes == 1);
    CHECK(big.statistics().unwritten == 0);
    co_await big.close();
  });
  CHECK((contents(dir / "small") == text));
  CHECK((contents(dir / "big") == text));
}

TEST_CASE("small and large writes go out in order", "[io][file]") {
  scratch_directory dir;
  std::string const text = noise(500'000);
  run_real([&]() -> task<> {
    file f = co_await open_file(dir / "f", "w");
    std::size_t at = 0;
    for (std::size_t size = 1; at < text.size(); size = size * 7 % 100'003) {
      std::string_view const part = std::string_view(text).substr(at, size);
      co_await f.write(part);
      at += part.size();
    }
    co_await f.close();
  });
  CHECK((contents(dir / "f") == text));
}

TEST_CASE("reading sees what was written before, wherever it is", "[io][file]") {
  scratch_directory dir;
  run_real([&]() -> task<> {
    file f = co_await open_file(dir / "f", "w+");
    co_await f.write("hello world");
    CHECK(f.statistics().unwritten == 11);
    std::string part = co_await f.read_at(6, 100);
    CHECK(part == "world");
    std::string memory(5, '.');
    std::size_t n = co_await f.read_at(2, memory);
    CHECK(n == 5);
    CHECK(memory == "llo w");
    CHECK(f.statistics().unwritten == 11);  // it was not written for that

    co_await f.seek(20);
    co_await f.write("after a hole");
    part = co_await f.read_at(9, 14);
    CHECK(part == "ld" + std::string(9, '\0') + "aft");
    part = co_await f.read_at(0, 1000);
    CHECK(part == "hello world" + std::string(9, '\0') + "after a hole");
    n = co_await f.size();
    CHECK(n == 32);
    CHECK(f.statistics().unwritten == 0);

    co_await f.seek(0);
    part = co_await f.read(5);
    CHECK(part == "hello");
    co_await f.write("-");
    part = co_await f.read(5);
    CHECK(part == "world");
    co_await f.seek(0);
    part = co_await f.read_line();
    CHECK(part.substr(0, 11) == "hello-world");
    co_await f.close();
  });
}

TEST_CASE("a write at an offset is seen by reads, and does not come before earlier writes", "[io][file]") {
  scratch_directory dir;
  std::string const path = put(dir / "f", "0123456789");
  run_real([&]() -> task<> {
    file f = co_await open_file(path, "r+");
    std::string part = co_await f.read(2);
    co_await f.write_at(4, "XY");
    part = co_await f.read(6);
    CHECK(part == "23XY67");
    co_await f.seek(0);
    co_await f.write("aaaa");
    co_await f.write_at(2, "bb");
    co_await f.close();
  });
  CHECK(contents(path) == "aabbXY6789");
}

TEST_CASE("many writes at offsets are in flight at once", "[io][file]") {
  scratch_directory dir;
  std::string const text = noise(1 << 20);
  run_real([&]() -> task<> {
    file f = co_await open_file(dir / "f", "w");
    auto write_part = [&](std::size_t i) -> task<> { return f.write_at(i * 4096, std::string_view(text).substr(i * 4096, 4096)); };
    std::vector<task<>> all;
    for (std::size_t i = 0; i < 256; ++i) all.push_back(write_part(255 - i));
    co_await gather(std::move(all));
    co_await f.close();
  });
  CHECK((contents(dir / "f") == text));
}

TEST_CASE("appends go to the end, whoever else writes", "[io][file]") {
  scratch_directory dir;
  std::string const path = put(dir / "log", "old ");
  run_real([&]() -> task<> {
    file f = co_await open_file(path, "a");
    CHECK(f.tell() == 4);
    co_await f.write("one ");
    CHECK(f.tell() == 8);
    file other = co_await open_file(path, "a");
    co_await other.write("other ");
    co_await other.close();
    co_await f.flush();
    CHECK(f.tell() == 14);
    auto const error = co_await error_of(f.write_at(0, "x"));
    CHECK(error == "write " + path + " at an offset: the file was opened for appending");
    co_await f.close();

    file both = co_await open_file(path, "a+");
    std::string text = co_await both.read();
    CHECK(text.empty());  // it stands at the end
    co_await both.seek(4);
    text = co_await both.read(5);
    CHECK(text == "other");
    co_await both.write("end");
    text = co_await both.read();
    CHECK(text.empty());
    text = co_await both.read_at(0, 100);
    CHECK(text == "old other one end");
    co_await both.close();
  });
  CHECK(contents(path) == "old other one end");
}

TEST_CASE("w empties a file, x makes one, r+ keeps it, and permissions are those asked for", "[io][file]") {
  scratch_directory dir;
  std::string const path = put(dir / "f", "0123456789");
  run_real([&]() -> task<> {
    file f = co_await open_file(path, "r+");
    co_await f.write("ab");
    co_await f.close();
    CHECK(contents(path) == "ab23456789");
    f = co_await open_file(path, "w");
    co_await f.close();
    CHECK(contents(path).empty());
    f = co_await open_file(dir / "new", "x", {.permissions = 0640});
    co_await f.write("new");
    co_await f.close();
    CHECK(contents(dir / "new") == "new");
    struct stat status {};
    CHECK(::stat((dir / "new").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0640);
  });
}

TEST_CASE("truncate cuts and stretches, and sync writes out", "[io][file]") {
  scratch_directory dir;
  std::string const path = dir / "f";
  run_real([&]() -> task<> {
    file f = co_await open_file(path, "w+");
    co_await f.write("0123456789");
    co_await f.truncate(4);
    CHECK(contents(path) == "0123");
    CHECK(f.tell() == 10);
    co_await f.seek(0);
    std::string text = co_await f.read();
    CHECK(text == "0123");
    co_await f.truncate(6);
    text = co_await f.read();
    CHECK(text == std::string(2, '\0'));
    co_await f.write("x");
    co_await f.sync();
    CHECK(contents(path) == "0123" + std::string(2, '\0') + "x");
    co_await f.write("y");
    co_await f.sync(true);
    CHECK(contents(path).ends_with("xy"));
    co_await f.close();
    file reads = co_await open_file(path);
    auto error = co_await error_of(reads.truncate(0));
    CHECK(error == "truncate " + path + ": the file was opened for reading only");
    error = co_await error_of(reads.write("x"));
    CHECK(error == "write " + path + ": the file was opened for reading only");
    error = co_await error_of(reads.write_at(0, "x"));
    CHECK(error == "write " + path + ": the file was opened for reading only");
    co_await reads.close();
  });
}

TEST_CASE("writes of several tasks stay whole", "[io][file]") {
  scratch_directory dir;
  run_real([&]() -> task<> {
    file f = co_await open_file(dir / "f", "w");
    auto write_lines = [&](char letter, std::size_t size) -> task<> {
      std::string const line = std::string(size, letter) + '\n';
      for (int i = 0; i < 20; ++i) co_await f.write(line);
    };
    co_await gather(write_lines('a', 70'000), write_lines('b', 10'000), write_lines('c', 10));
    co_await f.close();
    file r = co_await open_file(dir / "f");
    auto lines = r.lines();
    std::size_t count = 0;
    while (auto line = co_await lines.next()) {
      ++count;
      CHECK(line->find_first_not_of(line->front()) == line->size() - 1);
    }
    CHECK(count == 60);
    co_await r.close();
  });
}

TEST_CASE("a file of 64 MiB is what was written", "[io][file]") {
  scratch_directory dir;
  std::string const text = noise(64 << 20);
  run_real([&]() -> task<> {
    file f = co_await open_file(dir / "f", "w+");
    std::string_view rest = text;
    while (!rest.empty()) {
      co_await f.write(rest.substr(0, 1'000'003));
      rest.remove_prefix(std::min<std::size_t>(rest.size(), 1'000'003));
    }
    co_await f.seek(0);
    std::string const back = co_await f.read();
    CHECK((back == text));
    co_await f.close();
  });
}
