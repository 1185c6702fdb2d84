// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/features.hpp"

#include <halka/io/memory_file.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace halka;
using namespace halka::test;

TEST_CASE("a memory file is empty, closed on exec and can be sealed, on every kernel", "[io][kernel]") {
  for (char const* const list : {"", "-memfd_noexec"}) {
    features const f(list);
    descriptor const file(detail::open_memory_file("a test"));
    REQUIRE(file.get() >= 0);
    CHECK((fcntl(file.get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(ftruncate(file.get(), 10) == 0);
    CHECK(fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK) == 0);
    CHECK(ftruncate(file.get(), 5) != 0);
  }
}

TEST_CASE("a memory file cannot be made executable where the kernel can prevent it", "[io][kernel]") {
  constexpr int seal_exec = 0x20;  // F_SEAL_EXEC, Linux 6.3
  features const all("");
  descriptor const file(detail::open_memory_file("a test"));
  int const seals = fcntl(file.get(), F_GET_SEALS);
  if ((seals & seal_exec) == 0) SKIP("this kernel has no such seal");
  CHECK(fchmod(file.get(), 0777) != 0);
  struct stat status {};
  CHECK(fstat(file.get(), &status) == 0);
  CHECK((status.st_mode & 0111) == 0);
}
