// SPDX-License-Identifier: MIT
#include "fault_plan.hpp"

#include <halka/io/unique_fd.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>
#include <system_error>

namespace halka::faults {

namespace {

struct atomic_counts {
  std::array<std::atomic<std::size_t>, calls> calls_made{};
  std::atomic<std::size_t> allocations = 0;

  void clear() noexcept {
    for (auto& n : calls_made) n = 0;
    allocations = 0;
  }
  process_counts copy() const noexcept {
    process_counts c;
    std::ranges::copy(calls_made, c.calls_made.begin());
    c.allocations = allocations;
    return c;
  }
};

// Plain memory: all of this is used while operator new runs, and before main.
struct plan_state {
  fault_plan plan;
  pid_t home = 0;  // who has armed it
  std::atomic<bool> armed = false;
  std::atomic<int> strikes = 0;
  std::array<std::atomic<std::size_t>, opcodes> operations{};
  atomic_counts own;
  atomic_counts elsewhere;
};
static_assert(std::atomic<std::size_t>::is_always_lock_free, "processes share it");

constinit plan_state unshared;
constinit plan_state* state = &unshared;
constinit thread_local bool on_armed_thread = false;
constinit thread_local int sparing = 0;

constexpr char const* variable = "HALKA_FAULTS_STATE";

void* map_memory(int fd) {
  void* const memory = mmap(nullptr, sizeof(plan_state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::system_category(), "map the plan of faults");
  return memory;
}

/// A program that was started by one which shares its plan.
[[maybe_unused]] bool const takes_part = [] {
  char const* const path = std::getenv(variable);
  if (!path) return false;
  spared const own;
  unique_fd const file(open(path, O_RDWR | O_CLOEXEC));
  if (file) state = static_cast<plan_state*>(map_memory(file.get()));
  return true;
}();

bool is_elsewhere() noexcept { return getpid() != state->home; }

fault const* strike(place where, std::uint8_t what, std::size_t n, bool elsewhere) noexcept {
  fault_plan const& p = state->plan;
  if (p.nth == 0 || p.where != where || p.what != what || p.elsewhere != elsewhere) return nullptr;
  if (n < p.nth || n >= p.nth + static_cast<std::size_t>(p.what_happens.times)) return nullptr;
  ++state->strikes;
  if (std::getenv("HALKA_FAULTS_STOP")) std::raise(SIGTRAP);  // for a debugger
  return &p.what_happens;
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
  std::string text = plan.elsewhere ? "elsewhere, " : "";
  if (plan.where == place::memory) return text + "allocation" + n + ": bad_alloc";
  if (plan.where == place::operation) {
    text += "operation ";
    text += halka::to_string(static_cast<opcode>(plan.what));
  } else {
    text += "call ";
    text += to_string(static_cast<call>(plan.what));
  }
  text += n + ": " + name_of(plan.what_happens);
  if (plan.what_happens.how == effect::error_begun) text += " after it was begun";
  if (plan.what_happens.how == effect::error_after) text += " after it was done";
  if (plan.what_happens.times > 1) text += ", " + std::to_string(plan.what_happens.times) + " times";
  return text;
}

void share_with_processes() {
  spared const own;
  // Open for as long as processes may be started.
  int const fd = memfd_create("faults", MFD_CLOEXEC);
  if (fd < 0 || ftruncate(fd, sizeof(plan_state)) != 0)
    throw std::system_error(errno, std::system_category(), "memory for the plan of faults");
  state = new (map_memory(fd)) plan_state;
  std::string const path = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(fd);
  setenv(variable, path.c_str(), 1);
}

void arm(fault_plan const& plan) noexcept {
  state->plan = plan;
  state->home = getpid();
  state->strikes = 0;
  for (auto& n : state->operations) n = 0;
  state->own.clear();
  state->elsewhere.clear();
  on_armed_thread = true;
  state->armed = true;
}

void disarm() noexcept {
  state->armed = false;
  on_armed_thread = false;
}

int struck() noexcept { return state->strikes; }

place_counts counted() noexcept {
  place_counts c;
  std::ranges::copy(state->operations, c.operations.begin());
  c.own = state->own.copy();
  c.elsewhere = state->elsewhere.copy();
  return c;
}

spared::spared() noexcept { ++sparing; }
spared::~spared() { --sparing; }

fault const* fault_at(opcode code) noexcept {
  if (!state->armed || sparing != 0 || is_elsewhere()) return nullptr;
  auto const what = static_cast<std::uint8_t>(code);
  return strike(place::operation, what, ++state->operations[what], false);
}

fault const* fault_at(call c) noexcept {
  if (!state->armed || sparing != 0) return nullptr;
  bool const elsewhere = is_elsewhere();
  auto const what = static_cast<std::uint8_t>(c);
  return strike(place::call, what, ++(elsewhere ? state->elsewhere : state->own).calls_made[what], elsewhere);
}

bool allocation_fails() noexcept {
  if (!state->armed || sparing != 0) return false;
  bool const elsewhere = is_elsewhere();
  if (!elsewhere && !on_armed_thread) return false;
  return strike(place::memory, 0, ++(elsewhere ? state->elsewhere : state->own).allocations, elsewhere) != nullptr;
}

}  // namespace halka::faults
