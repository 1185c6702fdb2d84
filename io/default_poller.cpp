// SPDX-License-Identifier: MIT
#include "default_poller.hpp"

#include "epoll/epoll_backend.hpp"
#include "kernel_features.hpp"
#include "standard_descriptors.hpp"
#include "uring/ring.hpp"
#include "uring/uring_backend.hpp"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace halka {

namespace {

struct wish {
  backend_kind kind;
  std::string reason;  // whose it is; empty if nobody has one
};

wish wish_of(backend_kind wanted) {
  if (wanted != backend_kind::automatic) return {wanted, "run_options"};
  char const* const value = std::getenv("HALKA_BACKEND");
  std::string_view const text = value ? value : "";
  if (text.empty()) return {backend_kind::automatic, {}};
  std::string reason = "HALKA_BACKEND=" + std::string(text);
  if (text == "io_uring") return {backend_kind::io_uring, std::move(reason)};
  if (text == "epoll") return {backend_kind::epoll, std::move(reason)};
  throw std::invalid_argument(reason + ": there is no such backend; there are io_uring and epoll");
}

/// Why io_uring was refused to this process for good: an errno; 0 as long as it was not.
std::atomic<int> refused = 0;

bool is_want_of_memory(int error) noexcept { return error == ENOMEM || error == EAGAIN; }
bool is_want_of_descriptors(int error) noexcept { return error == EMFILE || error == ENFILE; }

std::unique_ptr<poller> make_epoll(std::string reason) {
  auto made = std::make_unique<epoll_backend>();
  made->set_choice({backend_kind::epoll, "epoll", std::move(reason)});
  return made;
}

std::unique_ptr<poller> make_io_uring(std::string reason) {
  auto made = std::make_unique<uring_backend>();
  std::string const lacks = made->shortcomings();
  if (!reason.empty() && !lacks.empty()) reason += "; ";
  reason += lacks;
  if (reason.empty()) reason = "the kernel has all of it";
  made->set_choice({backend_kind::io_uring, "io_uring", std::move(reason)});
  return made;
}

std::unique_ptr<poller> make_what_works() {
  // relaxed: whoever does not see it asks the kernel again, and gets the same answer
  int error = refused.load(std::memory_order_relaxed);
  if (error == 0) {
    try {
      return make_io_uring({});
    } catch (std::system_error const& e) {
      error = e.code().value();
      if (is_want_of_descriptors(error)) throw;
      if (!is_want_of_memory(error)) refused.store(error, std::memory_order_relaxed);  // relaxed: as above
    }
  }
  return make_epoll(explain_setup_error(error));
}

}  // namespace

std::unique_ptr<poller> make_default_poller(backend_kind wanted) {
  kernel::check_features();
  wish asked = wish_of(wanted);
  occupy_standard_descriptors();
  switch (asked.kind) {
    case backend_kind::io_uring:
      return make_io_uring(std::move(asked.reason));
    case backend_kind::epoll:
      return make_epoll(std::move(asked.reason));
    case backend_kind::automatic:
      break;
  }
  return make_what_works();
}

}  // namespace halka
