// SPDX-License-Identifier: MIT
#include "fault_plan.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace halka::faults {

namespace {

// Plain memory: all of this is used while operator new runs, and before main.
constinit fault_plan armed_plan;
constinit std::atomic<bool> armed = false;
constinit std::atomic<int> strikes = 0;
constinit std::array<std::atomic<std::size_t>, opcodes> operations{};
constinit std::array<std::atomic<std::size_t>, calls> calls_made{};
constinit std::atomic<std::size_t> allocations = 0;
constinit thread_local bool on_armed_thread = false;
constinit thread_local int sparing = 0;

fault const* strike(place where, std::uint8_t what, std::size_t n) noexcept {
  fault_plan const& p = armed_plan;
  if (p.nth == 0 || p.where != where || p.what != what) return nullptr;
  if (n < p.nth || n >= p.nth + static_cast<std::size_t>(p.what_happens.times)) return nullptr;
  ++strikes;
  if (std::getenv("HALKA_FAULTS_STOP")) std::raise(SIGTRAP);  // for a debugger
  return &armed_plan.what_happens;
}

}  // namespace

std::string_view to_string(call c) noexcept {
  constexpr std::string_view names[] = {"accept4",        "bind",
                                        "connect",        "copy_file_range",
                                        "dup2",           "epoll_create1",
                                        "epoll_ctl",      "epoll_wait",
                                        "eventfd",        "fallocate",
                                        "fchmod",         "fcntl",
                                        "fdatasync",      "fdopendir",
                                        "fork",           "fstat",
                                        "fsync",          "ftruncate",
                                        "getaddrinfo",    "getsockname",
                                        "getsockopt",     "listen",
                                        "memfd_create",   "mkdir",
                                        "mmap",           "open",
                                        "openat",         "opendir",
                                        "pidfd_open",     "pipe2",
                                        "poll",           "posix_spawn",
                                        "pread",          "pthread_create",
                                        "pwrite",         "read",
                                        "recv",           "recvmsg",
                                        "rename",         "io_uring_enter",
                                        "io_uring probe", "io_uring_register",
                                        "io_uring_setup", "send",
                                        "sendfile",       "sendmsg",
                                        "setsockopt",     "socket",
                                        "socketpair",     "posix_spawn_file_actions",
                                        "splice",         "stat",
                                        "statx",          "symlink",
                                        "unlink",         "utimensat",
                                        "waitid",         "waitpid",
                                        "write"};
  static_assert(std::size(names) == calls);
  return names[static_cast<std::size_t>(c)];
}

std::string name_of(fault const& f) {
  switch (f.how) {
    case effect::error:
    case effect::error_begun:
    case effect::error_after:
      return strerrorname_np(f.error);
    case effect::shorter:
      return "short";
    case effect::later:
      return "late";
    case effect::queue_full:
      break;
  }
  return "queue full";
}

std::string to_string(fault_plan const& plan) {
  if (plan.nth == 0) return "no fault";
  std::string const n = ' ' + std::to_string(plan.nth);
  if (plan.where == place::memory) return "allocation" + n + ": bad_alloc";
  std::string text;
  if (plan.where == place::operation) {
    text = "operation ";
    text += halka::to_string(static_cast<opcode>(plan.what));
  } else {
    text = "call ";
    text += to_string(static_cast<call>(plan.what));
  }
  text += n + ": " + name_of(plan.what_happens);
  if (plan.what_happens.how == effect::error_begun) text += " after it was begun";
  if (plan.what_happens.how == effect::error_after) text += " after it was done";
  if (plan.what_happens.times > 1) text += ", " + std::to_string(plan.what_happens.times) + " times";
  return text;
}

void arm(fault_plan const& plan) noexcept {
  armed_plan = plan;
  strikes = 0;
  for (auto& n : operations) n = 0;
  for (auto& n : calls_made) n = 0;
  allocations = 0;
  on_armed_thread = true;
  armed = true;
}

void disarm() noexcept {
  armed = false;
  on_armed_thread = false;
}

int struck() noexcept { return strikes; }

place_counts counted() noexcept {
  place_counts c;
  for (std::size_t i = 0; i < opcodes; ++i) c.operations[i] = operations[i];
  for (std::size_t i = 0; i < calls; ++i) c.calls_made[i] = calls_made[i];
  c.allocations = allocations;
  return c;
}

spared::spared() noexcept { ++sparing; }
spared::~spared() { --sparing; }

fault const* fault_at(opcode code) noexcept {
  if (!armed || sparing != 0) return nullptr;
  auto const what = static_cast<std::uint8_t>(code);
  return strike(place::operation, what, ++operations[what]);
}

fault const* fault_at(call c) noexcept {
  if (!armed || sparing != 0) return nullptr;
  auto const what = static_cast<std::uint8_t>(c);
  return strike(place::call, what, ++calls_made[what]);
}

bool allocation_fails() noexcept {
  if (!armed || !on_armed_thread || sparing != 0) return false;
  return strike(place::memory, 0, ++allocations) != nullptr;
}

}  // namespace halka::faults
