// SPDX-License-Identifier: MIT
#include "copies.hpp"
#include "other_process.hpp"

#include <halka/runtime/message/code_address.hpp>
#include <halka/runtime/message/remote_call.hpp>

#include <dlfcn.h>
#include <sys/mman.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

using namespace halka;
using namespace halka::test;
using Catch::Matchers::ContainsSubstring;

namespace {

int twice(int x) { return 2 * x; }

using library_function = int (*)(int);

/// A library of the tests, copied to where it may be changed; it stays loaded.
struct copied_library {
  copied_library() {
    char directory[] = "/tmp/halka-library-XXXXXX";
    REQUIRE(mkdtemp(directory));
    path = std::filesystem::path(directory) / "library.so";
    std::filesystem::copy_file(TEST_LIBRARY, path);
    void* const library = dlopen(path.c_str(), RTLD_NOW);
    INFO((library ? "" : dlerror()));
    REQUIRE(library);
    give = reinterpret_cast<library_function (*)(int)>(dlsym(library, "give_function"));
    REQUIRE(give);
  }
  copied_library(copied_library const&) = delete;
  copied_library& operator=(copied_library const&) = delete;
  ~copied_library() { std::filesystem::remove_all(path.parent_path()); }

  /// Writes a call of one of its functions.
  void write(message_writer& out, int which, int argument) const {
    out.clear();
    remote_call<library_function, int>::write(out, give(which), argument);
  }

  std::filesystem::path path;
  library_function (*give)(int) = nullptr;
};

int result_of(message_writer const& call) {
  remote_outcome const outcome = call_in_other_process(call);
  INFO((outcome.error ? outcome.error->what() : ""));
  REQUIRE_FALSE(outcome.error.has_value());
  int result = 0;
  message_reader in(outcome.result);
  in(result);
  return result;
}

}  // namespace

TEST_CASE("a function is found again by its address", "[message][code_address]") {
  code_address const address = received(code_address::of(twice));
  CHECK(address == code_address::of(twice));
  CHECK(address.resolve<int(int)>() == twice);
  CHECK_FALSE(address == code_address::of(std::abort));
  CHECK(received(code_address::of(std::atoi)).resolve<int(char const*)>() == std::atoi);
}

TEST_CASE("a function of the program is found where everything lies elsewhere", "[message][code_address]") {
  CHECK(address_in_other_process() != 0);  // it lies elsewhere indeed
  message_writer out;
  remote_call<int (*)(int), int>::write(out, twice, 21);
  CHECK(result_of(out) == 42);
}

TEST_CASE("a function of a library that is loaded by name is found in another process", "[message][code_address]") {
  copied_library const library;
  message_writer out;
  library.write(out, 0, 5);
  CHECK(result_of(out) == 6);
  library.write(out, 1, 5);
  CHECK(result_of(out) == 50);
}

TEST_CASE("a library that is not the same file any more is told", "[message][code_address]") {
  copied_library const library;
  message_writer out;
  library.write(out, 0, 5);
  std::filesystem::remove(library.path);
  std::filesystem::copy_file(TEST_LIBRARY_CHANGED, library.path);
  remote_outcome const changed = call_in_other_process(out);
  REQUIRE(changed.error.has_value());
  CHECK(std::string(changed.error->what()) ==
        "std::runtime_error: " + library.path.string() +
            " has changed since the program started: its functions cannot be called in another process");
  std::filesystem::remove(library.path);
  remote_outcome const missing = call_in_other_process(out);
  REQUIRE(missing.error.has_value());
  CHECK_THAT(missing.error->what(), ContainsSubstring("load a library: ") && ContainsSubstring("No such file"));
}

TEST_CASE("what lies in no file cannot be sent", "[message][code_address]") {
  CHECK_THROWS_AS(code_address::of(static_cast<void (*)()>(nullptr)), std::logic_error);
  void* const made = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(made != MAP_FAILED);
  CHECK_THROWS_AS(code_address::of(reinterpret_cast<void (*)()>(made)), std::logic_error);
  munmap(made, 4096);
}

TEST_CASE("an address where no code can lie is refused", "[message][code_address]") {
  for (std::uint64_t const offset : {std::uint64_t{0}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    std::vector<std::byte> const bytes = message_of(false, offset);
    message_reader in(bytes);
    code_address address;
    in(address);
    CHECK_THROWS_AS(address.resolve<void()>(), message_error);
  }
}
