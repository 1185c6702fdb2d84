// SPDX-License-Identifier: MIT
#include "../../support/descriptors.hpp"
#include "../../support/forked.hpp"
#include "arguments.hpp"

#include <halka/runtime/shared/shared_memory.hpp>

#include <sys/mman.h>
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <system_error>

using namespace halka;
using namespace halka::test;

TEST_CASE("what one process writes to shared memory another sees", "[process][shared_memory]") {
  shared_memory const memory(10'000);
  CHECK(memory.size() == 10'000);
  CHECK(std::ranges::all_of(memory.data(), [](std::byte b) { return b == std::byte{}; }));
  forked child([&] {
    memory.view<int>()[3] = 7;
    memory.view<std::atomic<int>>()[4].fetch_add(2);
    return 0;
  });
  CHECK(child.wait() == 0);
  CHECK(memory.view<int>()[3] == 7);
  CHECK(memory.view<std::atomic<int>>()[4].load() == 2);
  CHECK(memory.view<int>().size() == 2500);
}

TEST_CASE("shared memory that is passed on is the same memory at another address", "[process][shared_memory]") {
  std::size_t const before = open_descriptors();
  {
    shared_memory memory(4096);
    shared_memory const other = passed(memory);
    CHECK(other.data().data() != memory.data().data());
    CHECK(other.size() == 4096);
    memory.view<char>()[5] = 'x';
    CHECK(other.view<char>()[5] == 'x');
    memory = {};
    CHECK(memory.size() == 0);
    CHECK(other.view<char>()[5] == 'x');
    CHECK(passed(shared_memory()).size() == 0);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("the size of shared memory is fixed", "[process][shared_memory]") {
  shared_memory const memory(4096);
  message_writer out;
  out(memory);
  CHECK(ftruncate(out.descriptors()[0], 100) != 0);
  CHECK(ftruncate(out.descriptors()[0], 10'000) != 0);
}

TEST_CASE("shared memory that cannot be is refused", "[process][shared_memory]") {
  CHECK_THROWS_AS(shared_memory(0), std::invalid_argument);
  CHECK_THROWS_AS(shared_memory(~std::size_t{0} / 2), std::system_error);
  // A descriptor of something else, or of memory that could shrink.
  for (int const fd : {dup(0), memfd_create("test", MFD_CLOEXEC)}) {
    message_writer out;
    out(true, unique_fd(dup(fd)));
    std::vector<unique_fd> descriptors;
    descriptors.emplace_back(fd);
    message_reader in(out.bytes(), descriptors);
    shared_memory memory;
    CHECK_THROWS_AS(in(memory), message_error);
  }
}
