// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/clock.hpp"
#include "../../sched/errors.hpp"
#include "../../sched/task.hpp"
#include "../message/message_writer.hpp"
#include "../message/sendable.hpp"
#include "../sync/channel_base.hpp"
#include "closable.hpp"
#include "process_queue_store.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace halka {

/// A queue of items between processes: any number of them puts, any number gets. Items come out in the order in which they went in.
///
/// A handle: copies are the same queue, also one that is passed to another process as an argument. Items lie in memory that the
/// processes share, so that what a process has put stays when it exits, or is killed, and a process may exit before its items are
/// got. There is no limit but `maxsize` and the memory. A process that is killed at any moment has put or got an item or has not,
/// and holds nobody up.
///
/// *Lifetime*: until the last process has let go of it. *Thread safety*: any thread, all functions.
/// *Source*: multiprocessing.Queue; that one keeps items in a thread of the putting process, which therefore cannot exit before
/// they are got.
template <class T>
class process_queue {
 public:
  using value_type = T;

  /// Holds at most `maxsize` items; any number for zero and less.
  explicit process_queue(std::ptrdiff_t maxsize = 0)
      : handle_(std::make_shared<detail::closable<store>>(std::make_shared<store>(maxsize))) {
    detail::check_sendable<T>();
  }

  /// Puts an item. *Suspends*: while the queue is full.
  ///
  /// *Errors*: `queue_shut_down`; `std::logic_error` if the handle is closed or the item has descriptors; what writing the item
  /// throws. *Cancellation*: the item is not put. *Lifetime*: the item is written down before `put` returns the task.
  task<> put(T const& item) {
    auto message = std::make_unique<message_writer>();
    (*message)(item);
    return store::put(shared(), std::move(message));
  }

  /// Gets the next item. *Suspends*: while there is none.
  ///
  /// *Errors*: `queue_shut_down` if the queue was shut down and is empty; `std::logic_error` if the handle is closed;
  /// `message_error` if a process has written something else into its memory.
  /// *Cancellation*: no item is got.
  task<T> get() { return read(shared()); }

  /// *Errors*: `queue_full`; those of `put`.
  void put_nowait(T const& item) {
    message_writer message;
    message(item);
    if (!shared()->try_put(message)) throw queue_full();
  }
  /// *Errors*: `queue_empty`; those of `get`.
  T get_nowait() { return item_of(shared()->try_get()); }

  /// The same as `put` and `get` for a thread without a loop: they block it.
  ///
  /// *Errors*: `std::logic_error` on a thread whose loop runs; those of `put` and `get`.
  void put_blocking(T const& item) { put_until(item, std::nullopt, "put_blocking"); }
  T get_blocking() { return get_until(std::nullopt, "get_blocking"); }
  /// They give up after a time. *Errors*: `queue_full`, `queue_empty`.
  void put_blocking_for(T const& item, clock::duration time) { put_until(item, clock::now() + time, "put_blocking_for"); }
  T get_blocking_for(clock::duration time) { return get_until(clock::now() + time, "get_blocking_for"); }

  /// Ends the queue for all processes: what is in it can still be got; then, and for every put, there is `queue_shut_down`, also
  /// for those who wait. `immediate` drops the items too.
  void shutdown(bool immediate = false) { shared()->shut_down(immediate); }

  /// Lets go of the queue in this process; other processes keep it. *Errors*: `std::logic_error` if a task or a thread waits.
  void close() {
    if (handle_) handle_->close();
  }
  bool is_closed() const noexcept { return !handle_ || handle_->is_closed(); }

  std::size_t size() const { return shared()->state().items; }
  bool empty() const { return size() == 0; }
  bool full() const { return shared()->state().full(); }

  struct statistics_type {
    std::size_t size;
    std::size_t maxsize;  // 0 for none
    std::uint64_t puts;   // of all processes
    std::uint64_t gets;
    std::uint64_t bytes;  // that the items take
    bool shut_down;
  };
  statistics_type statistics() const {
    detail::process_queue_state const s = shared()->state();
    return {s.items, s.maxsize, s.puts, s.gets, s.end - s.begin, s.shut_down != 0};
  }

  void save(message_writer& out) const { shared()->attach(out); }
  void load(message_reader& in) { handle_ = std::make_shared<detail::closable<store>>(std::make_shared<store>(in)); }

 private:
  using store = detail::process_queue_store;

  std::shared_ptr<store> shared() const { return detail::use(handle_); }

  static T item_of(std::optional<detail::received_message> message) {
    if (!message) throw queue_empty();
    return std::move(*message).template read<T>();
  }
  static task<T> read(std::shared_ptr<store> from) {
    detail::received_message message = co_await store::get(std::move(from));
    co_return std::move(message).template read<T>();
  }
  void put_until(T const& item, detail::wait_until until, char const* operation) {
    detail::check_may_block(operation);
    message_writer message;
    message(item);
    if (!shared()->put_blocking(message, until)) throw queue_full();
  }
  T get_until(detail::wait_until until, char const* operation) {
    detail::check_may_block(operation);
    return item_of(shared()->get_blocking(until));
  }

  std::shared_ptr<detail::closable<store>> handle_;
};

}  // namespace halka
