// SPDX-License-Identifier: MIT
#include "../../support/descriptors.hpp"
#include "../../support/forked.hpp"

#include <halka/runtime/message/message_error.hpp>
#include <halka/runtime/shared/shared_page.hpp>

#include <sys/mman.h>
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>
#include <csignal>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

using namespace halka;
using namespace halka::test;
using detail::shared_page;

namespace {

struct numbers {
  int a = 0;
  int b = 0;
};
using state = detail::shared_state<numbers>;

/// Waits until a process sleeps in the kernel for a futex. Where the system does not tell, a second must be enough.
void until_it_waits(forked const& process) {
  std::string where;
  auto const enough = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (where.find("futex") == std::string::npos && std::chrono::steady_clock::now() < enough) {
    std::this_thread::yield();
    std::getline(std::ifstream("/proc/" + std::to_string(process.pid()) + "/wchan"), where);
  }
}

}  // namespace

TEST_CASE("a change of shared state that is not committed has not happened", "[process][shared_page]") {
  state shared(shared_page::make("test", 1));
  {
    state::access a(shared);
    a.state = {1, 2};
    a.commit();
    a.state = {3, 4};
    a.commit();
    a.state = {5, 6};
  }
  CHECK(state::access(shared).state.b == 4);
}

TEST_CASE("the lock of a process that is killed is free, and its change undone", "[process][shared_page]") {
  state shared(shared_page::make("test", 1));
  forked child([&] {
    state::access a(shared);
    a.state = {1, 2};
    a.commit();
    a.state = {3, 4};
    std::raise(SIGKILL);
    return 0;
  });
  CHECK(child.wait() == -SIGKILL);
  state::access a(shared);
  CHECK(a.state.a == 1);
  CHECK(a.state.b == 2);
}

TEST_CASE("a process that is killed as it is woken takes no wake-up with it", "[process][shared_page]") {
  for (int round = 0; round < 20; ++round) {
    shared_page page = shared_page::make("test", 1);
    page.lock();
    forked const victim([&] {
      page.lock();
      page.unlock();
      while (true) pause();
      return 0;
    });
    until_it_waits(victim);
    forked waits([&] {
      alarm(10);  // if it sleeps for ever
      page.lock();
      page.unlock();
      return 7;
    });
    until_it_waits(waits);
    page.unlock();  // wakes the first
    page.lock();    // before it runs
    victim.kill(SIGKILL);
    forked::wait_for_end(victim.pid());
    page.unlock();
    REQUIRE(waits.wait() == 7);
  }
}

TEST_CASE("a shared page is only taken for what it is", "[process][shared_page]") {
  std::size_t const before = open_descriptors();
  {
    shared_page const page = shared_page::make("test", 1);
    CHECK_NOTHROW(shared_page::open(unique_fd(dup(page.memory())), 1));
    CHECK_THROWS_AS(shared_page::open(unique_fd(dup(page.memory())), 2), message_error);
    CHECK_THROWS_AS(shared_page::open(unique_fd(dup(0)), 1), message_error);
    unique_fd small(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    CHECK_THROWS_AS(shared_page::open(std::move(small), 1), message_error);
  }
  CHECK(open_descriptors() == before);
}
