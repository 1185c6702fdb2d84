// SPDX-License-Identifier: MIT
#include <halka/runtime/process/command.hpp>
#include <halka/runtime/process/stdio.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <filesystem>
#include <list>
#include <string>
#include <string_view>
#include <vector>

using namespace halka;
using words = std::vector<std::string>;

TEST_CASE("a command is made of texts, paths and numbers", "[process]") {
  std::string const text = "text";
  command const c("program", text, std::string_view("view"), std::filesystem::path("/a/path"), 7, -1L, 9U);
  CHECK(c.arguments() == words{"program", "text", "view", "/a/path", "7", "-1", "9"});
}

TEST_CASE("a command is made of a range, and grows", "[process]") {
  std::list<std::string_view> const more{"c", "d"};
  std::array<int, 2> const numbers{1, 2};
  command c(words{"a", "b"});
  c.arg("x").args(more).args(numbers);
  CHECK(c.arguments() == words{"a", "b", "x", "c", "d", "1", "2"});
  CHECK(command("ls").arg("-l").args(words{"-a"}).arguments() == words{"ls", "-l", "-a"});
}

TEST_CASE("a command is shown as a shell would take it", "[process]") {
  CHECK(command("ls", "-l", "/tmp/a_b.c").to_string() == "ls -l /tmp/a_b.c");
  CHECK(command("sh", "-c", "echo $x; exit").to_string() == "sh -c 'echo $x; exit'");
  CHECK(command("echo", "", "it's").to_string() == "echo '' 'it'\\''s'");
}

TEST_CASE("a descriptor for a child is not negative", "[process]") {
  CHECK(stdio::fd(3).number() == 3);
  CHECK_THROWS_AS(stdio::fd(-1), std::invalid_argument);
}
