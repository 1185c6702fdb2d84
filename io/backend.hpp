// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace halka {

class event_loop;

/// How a loop performs input and output.
enum class backend_kind : std::uint8_t {
  automatic,  // what HALKA_BACKEND says; else io_uring where it may be used, else epoll
  io_uring,
  epoll,
};

/// What a loop got, and why.
struct backend_choice {
  backend_kind kind = backend_kind::automatic;  // automatic: the program brought a backend of its own
  std::string_view name;                        // "io_uring", "epoll"
  std::string reason;                           // "the kernel has all of it", "HALKA_BACKEND=epoll"
};

/// "epoll: io_uring cannot be set up: a seccomp filter forbids it, ..."
HALKA_API std::string to_string(backend_choice const& choice);

/// The backend of the running loop. *Errors*: `std::logic_error` outside of a loop, and in one that performs no input and output.
HALKA_API backend_choice backend();

/// The backend of a loop. *Errors*: `std::logic_error` if it performs no input and output.
HALKA_API backend_choice backend(event_loop& loop);

}  // namespace halka
