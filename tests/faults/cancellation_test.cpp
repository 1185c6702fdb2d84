// SPDX-License-Identifier: MIT
#include "fault_plan.hpp"
#include "scenario.hpp"

#include <halka/io/default_poller.hpp>

#include <catch2/catch_test_macros.hpp>

#include <unistd.h>
#include <cerrno>
#include <system_error>

using namespace halka;
using namespace halka::faults;
using namespace std::chrono_literals;

namespace {

constexpr int many = 300;  // more than the submission queue has room for

task<int> cancel_many_while_nothing_is_taken() {
  int ends[2];
  if (pipe(ends) != 0) throw std::system_error(errno, std::system_category(), "pipe");
  unique_fd const from(ends[0]);
  unique_fd const to(ends[1]);
  auto waiting = [&]() -> task<> { co_await readable(from.get()); };
  std::vector<task_handle<>> tasks;
  for (int i = 0; i < many; ++i) tasks.push_back(spawn(waiting));
  co_await sleep(1ms);
  arm({place::call, static_cast<std::uint8_t>(call::ring_enter), 1, {effect::error, EAGAIN, 20}});
  for (auto const& t : tasks) t.cancel();
  disarm();
  auto all = [&]() -> task<> { co_await wait(tasks); };
  try {
    co_await wait_for(all(), 10s);
  } catch (timeout_error const&) {
  }
  int cancelled = 0;
  for (auto const& t : tasks) cancelled += t.cancelled() ? 1 : 0;
  co_await writable(to.get());
  char const byte = 0;
  static_cast<void>(!write(to.get(), &byte, 1));  // for those that are left
  co_return cancelled;
}

}  // namespace

TEST_CASE("a cancellation that finds the submission queue full is asked for again", "[faults][cancel]") {
  try {
    make_default_poller(backend_kind::io_uring);
  } catch (std::system_error const& e) {
    SKIP(e.what());
  }
  int const cancelled = run(cancel_many_while_nothing_is_taken(), {.backend = backend_kind::io_uring});
  CHECK(cancelled == many);
}
