// SPDX-License-Identifier: MIT
#pragma once

// A page of memory that several processes share, with a lock and a state in it. A process may be killed at any instruction, also
// while it holds the lock; the others go on, and find the state as it was before or after the change that was under way:
//
//   - The lock is a robust mutex: the kernel frees it when its holder dies. A death can swallow the wake-up of another who waits,
//   so
//     nobody waits for it but a moment at a time.
//   - There are two copies of the state and a number that says which one counts. A change is written to the other copy, and one
//     store of that number makes it true.
//
// Who waits for a change waits for a wake_descriptor to be readable, and looks at the state again. A change that others may wait
// for is announced first and made then, all with the lock held: who is woken needs the lock to look. If the announcer dies in
// between, the others look in vain and clear the descriptor. The other way round they would sleep for ever.

#include "../../io/unique_fd.hpp"
#include "../../sched/export.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace halka::detail {

/// The page and its lock.
class HALKA_API shared_page {
 public:
  static constexpr std::size_t size = 4096;
  static constexpr std::size_t room = 1024;  // for one copy of the state

  /// A new page. `kind` tells pages of different classes apart.
  static shared_page make(char const* what, std::uint32_t kind);
  /// One that was received. *Errors*: `message_error` if it is not of that kind.
  static shared_page open(unique_fd memory, std::uint32_t kind);
  shared_page(shared_page&& other) noexcept;
  shared_page& operator=(shared_page&&) = delete;
  ~shared_page();

  /// *Result*: whether the last holder died with the lock.
  bool lock();
  void unlock() noexcept;

  void const* state() const noexcept;
  void* next_state() noexcept;
  void commit() noexcept;

  int memory() const noexcept { return memory_.get(); }
  unique_fd const& owner() const noexcept { return memory_; }

 private:
  struct header;
  shared_page(unique_fd memory, char const* what);

  unique_fd memory_;
  header* header_;
};

/// A state of type S in a shared page.
template <class S>
class shared_state {
  static_assert(std::is_trivially_copyable_v<S> && sizeof(S) <= shared_page::room);

 public:
  explicit shared_state(shared_page page) noexcept : page_(std::move(page)) {}

  /// Holds the lock. `state` is a copy to look at and to change; `commit` makes the change true.
  class access {
   public:
    explicit access(shared_state& s) : page_(s.page_) {
      page_.lock();
      state = *static_cast<S const*>(page_.state());
    }
    access(access const&) = delete;
    access& operator=(access const&) = delete;
    ~access() { page_.unlock(); }

    void commit() noexcept {
      *static_cast<S*>(page_.next_state()) = state;
      page_.commit();
    }

    S state;

   private:
    shared_page& page_;
  };

  shared_page const& page() const noexcept { return page_; }

 private:
  shared_page page_;
};

}  // namespace halka::detail
