// SPDX-License-Identifier: MIT
#pragma once

#include "../operation_list.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace halka {

/// What the epoll backend knows of one number of a descriptor.
struct descriptor_entry {
  int fd = -1;
  operation_list readers;        // those who wait until it is readable
  operation_list writers;        // writable
  operation_list polls;          // until some events have come, each its own
  std::uint32_t serial = 0;      // of the registration that counts; events of others are stale
  std::uint32_t keeper = 0;      // whose the registration is, if it is kept; 0: it fires once
  std::uint32_t registered = 0;  // the events that will be told
  unsigned in_vain = 0;          // events in a row that told of nothing; only counted if it is not kept
  unsigned in_threads = 0;       // operations that worker threads have or will have
  bool known = false;            // to epoll, in all likelihood
  bool refused = false;          // by epoll, for its keeper: what it is does not know readiness
  bool readable = false;         // as far as is known; only used if it is kept
  bool writable = true;
  bool hung_up = false;       // since then a short transfer says nothing
  bool never_blocks = false;  // its keeper's socket has O_NONBLOCK
  bool attended = false;      // it is in the list of those that are served in the next pass

  bool has_waiters() const noexcept { return !readers.empty() || !writers.empty() || !polls.empty(); }
};

/// The entries, by number. They stay where they are.
class descriptor_table {
 public:
  /// Makes it if there is none. `fd` is not negative. *Errors*: `std::bad_alloc`.
  descriptor_entry& at(int fd);
  /// Null if nobody has asked for it yet.
  descriptor_entry* find(int fd) const noexcept {
    auto const n = static_cast<std::size_t>(fd);
    return fd >= 0 && n / page_size < pages_.size() && pages_[n / page_size] ? &(*pages_[n / page_size])[n % page_size] : nullptr;
  }

  template <class F>
  void for_each(F&& fn) {
    for (auto const& p : pages_)
      if (p)
        for (descriptor_entry& e : *p) fn(e);
  }

 private:
  static constexpr std::size_t page_size = 64;
  using page = std::array<descriptor_entry, page_size>;
  std::vector<std::unique_ptr<page>> pages_;
};

}  // namespace halka
