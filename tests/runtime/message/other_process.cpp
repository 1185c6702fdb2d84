// SPDX-License-Identifier: MIT
#include "other_process.hpp"

#include "../../support/descriptors.hpp"

#include <halka/runtime/message/message_types.hpp>
#include <halka/runtime/message/remote_call.hpp>
#include <halka/runtime/message/throw_trace.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <string>

using namespace halka;

namespace halka::test {

namespace {

constexpr int call_descriptor = 100, answer_descriptor = 101;

std::uintptr_t address_here() { return reinterpret_cast<std::uintptr_t>(&address_here); }

std::vector<std::byte> all_of(int fd) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(lseek(fd, 0, SEEK_END)));
  REQUIRE(pread(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  return bytes;
}

void write_all(int fd, std::span<std::byte const> bytes) {
  if (write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
}

/// The other process.
void serve() {
  detail::trace_throws();
  std::vector<std::byte> const call = all_of(call_descriptor);
  message_reader in(call);
  message_writer out;
  try {
    out(true);
    run_remote_call(in, out);
  } catch (...) {
    remote_error const error = remote_error::current();
    out.clear();
    out(false, error);
  }
  write_all(answer_descriptor, out.bytes());
}

}  // namespace

remote_outcome call_in_other_process(message_writer const& call) {
  descriptor const request(memfd_create("request", MFD_CLOEXEC)), answer(memfd_create("answer", MFD_CLOEXEC));
  write_all(request.get(), call.bytes());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, request.get(), call_descriptor);
  posix_spawn_file_actions_adddup2(&actions, answer.get(), answer_descriptor);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  char name[] = "program", test[] = "the other process";
  char* const arguments[] = {name, test, nullptr};
  pid_t pid = -1;
  int const error = posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  REQUIRE(error == 0);
  int status = -1;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  REQUIRE(status == 0);
  std::vector<std::byte> const bytes = all_of(answer.get());
  remote_outcome outcome;
  message_reader in(bytes);
  bool good = false;
  in(good);
  if (good) {
    outcome.result.resize(in.remaining());
    in.loadBinary(outcome.result.data(), in.remaining());
  } else {
    in(outcome.error.emplace());
  }
  return outcome;
}

std::uintptr_t address_in_other_process() {
  message_writer out;
  remote_call<std::uintptr_t (*)()>::write(out, address_here);
  remote_outcome const outcome = call_in_other_process(out);
  REQUIRE_FALSE(outcome.error.has_value());
  std::uintptr_t address = 0;
  message_reader in(outcome.result);
  in(address);
  return address == address_here() ? 0 : address;
}

}  // namespace halka::test

TEST_CASE("the other process", "[.]") { halka::test::serve(); }
