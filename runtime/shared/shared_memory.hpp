// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../message/message_reader.hpp"
#include "../message/message_writer.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>

namespace halka {

namespace detail {
struct shared_mapping;
}

/// Memory that processes share: what one writes, the others see at once.
///
/// A handle: copies are the same memory, also one that is passed to another process as an argument, where it lies at another
/// address. It has no name in the system, so there is nothing to clean up. Who writes while others read needs a `process_lock` or
/// atomics.
///
/// *Lifetime*: until the last handle of all processes is gone; in each process as long as a handle lives there. *Thread safety*:
/// the handle is copied and asked by any thread. *Source*: multiprocessing.shared_memory.
class HALKA_API shared_memory {
 public:
  /// No memory, to be read into.
  shared_memory() = default;
  /// So many bytes, all zero. *Errors*: `std::system_error` "shared memory of N bytes: ..."; `std::invalid_argument` for 0.
  explicit shared_memory(std::size_t size);

  std::size_t size() const noexcept { return data().size(); }
  std::span<std::byte> data() const noexcept;

  /// The memory as elements of a type that means the same everywhere: no pointers in it, nothing to destroy. As many as fit.
  template <class T>
  requires(std::is_trivially_destructible_v<T>&& std::is_standard_layout_v<T> && !std::is_pointer_v<T>) std::span<T> view()
  const noexcept {
    static_assert(alignof(T) <= 4096, "the memory begins at a page");
    return {reinterpret_cast<T*>(data().data()), size() / sizeof(T)};
  }

  void save(message_writer& out) const;
  void load(message_reader& in);

 private:
  std::shared_ptr<detail::shared_mapping const> mapping_;
};

}  // namespace halka
