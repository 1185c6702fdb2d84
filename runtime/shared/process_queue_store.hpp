// SPDX-License-Identifier: MIT
#pragma once

// The items of a process_queue: a log of messages in the file whose first page holds the state (shared_page.hpp). Each is its
// length and its bytes. A put writes behind the last item and then, by committing the new state, makes it part of the queue; a get
// reads the first and commits. Killed in between, a process has put or got all or nothing. When the queue becomes empty it starts
// at the beginning of the file again, and the memory of what was got is given back.
//
//   not empty  =>  `items` is readable       not full  =>  `places` is readable
//
// The reverse does not hold after a process was killed; who finds nothing then clears the descriptor. models/process_queue.pml
// shows that this is enough.

#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "received_message.hpp"
#include "shared_page.hpp"
#include "wake_descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace halka::detail {

/// Numbers only: other processes may have written anything there, which is not true or false.
struct process_queue_state {
  std::uint64_t begin = 0;  // of the first item, counted from the end of the page
  std::uint64_t end = 0;
  std::uint64_t items = 0;
  std::uint64_t maxsize = 0;  // 0 for none
  std::uint64_t puts = 0;
  std::uint64_t gets = 0;
  std::uint64_t shut_down = 0;

  bool full() const noexcept { return maxsize > 0 && items >= maxsize; }
};

class HALKA_API process_queue_store {
 public:
  static constexpr char const* name = "a process_queue";

  explicit process_queue_store(std::ptrdiff_t maxsize);
  explicit process_queue_store(message_reader& in);
  void attach(message_writer& out) const;

  /// *Result*: false if there is no place. *Errors*: `queue_shut_down`; `std::logic_error` for an item with descriptors.
  bool try_put(message_writer const& item);
  /// *Result*: none if there is nothing. *Errors*: `queue_shut_down`.
  std::optional<received_message> try_get();
  /// *Result*: false if the time ran out.
  bool put_blocking(message_writer const& item, wait_until until);
  std::optional<received_message> get_blocking(wait_until until);

  void shut_down(bool immediate);
  process_queue_state state();

  static task<> put(std::shared_ptr<process_queue_store> store, std::unique_ptr<message_writer> item);
  static task<received_message> get(std::shared_ptr<process_queue_store> store);

 private:
  shared_state<process_queue_state> shared_;
  wake_descriptor items_;
  wake_descriptor places_;
};

}  // namespace halka::detail
