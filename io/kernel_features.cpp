// SPDX-License-Identifier: MIT
#include "kernel_features.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>

namespace halka::kernel {

namespace {

/// In the order of the enumeration.
constexpr std::array<std::string_view, feature_count> names{
    "buffer_rings", "coop_taskrun",        "defer_taskrun",      "epoll_pwait2",   "ftruncate", "memfd_noexec",
    "nowait_pipes", "pidfd_process_group", "registered_ring_fd", "resolve_cached", "waitid",
};

using mask = std::uint32_t;
constexpr mask everything = (mask{1} << feature_count) - 1;
constexpr mask bit(unsigned i) noexcept { return mask{1} << i; }

[[noreturn]] void refuse(std::string_view word) {
  std::string text = "HALKA_KERNEL_FEATURES: there is no feature '" + std::string(word) +
                     "'; a list of words with commas between them is expected, \"none\", or - or + before one of";
  for (std::string_view const name : names) text += ' ' + std::string(name);
  throw std::invalid_argument(text);
}

void apply(mask& allowed, std::string_view word) {
  if (word.empty()) return;
  if (word == "none") {
    allowed = 0;
    return;
  }
  for (unsigned i = 0; i < names.size(); ++i) {
    if (word.substr(1) != names[i]) continue;
    if (word.front() == '-') return void(allowed &= ~bit(i));
    if (word.front() == '+') return void(allowed |= bit(i));
  }
  refuse(word);
}

mask parse(std::string_view list) {
  mask allowed = everything;
  for (std::size_t begin = 0; begin <= list.size();) {
    std::size_t const end = std::min(list.find(',', begin), list.size());
    apply(allowed, list.substr(begin, end - begin));
    begin = end + 1;
  }
  return allowed;
}

std::string written(mask allowed) {
  std::string list;
  for (unsigned i = 0; i < names.size(); ++i)
    if (!(allowed & bit(i))) list += (list.empty() ? "-" : ",-") + std::string(names[i]);
  return list;
}

std::string_view environment() noexcept {
  char const* const value = std::getenv("HALKA_KERNEL_FEATURES");
  return value ? value : std::string_view();
}

/// What is in force. A list in the environment that means nothing takes nothing away; `check_features` tells of it.
std::atomic<mask>& in_force() noexcept {
  static std::atomic<mask> allowed = []() noexcept {
    try {
      return parse(environment());
    } catch (...) {
      return everything;
    }
  }();
  return allowed;
}

}  // namespace

std::string_view to_string(feature f) noexcept { return names[static_cast<unsigned>(f)]; }

bool allows(feature f) noexcept {
  // relaxed: the mask stands alone
  return (in_force().load(std::memory_order_relaxed) & bit(static_cast<unsigned>(f))) != 0;
}

void check_features() { static_cast<void>(parse(environment())); }

std::string set_features(std::string_view list) { return written(in_force().exchange(parse(list))); }

}  // namespace halka::kernel
