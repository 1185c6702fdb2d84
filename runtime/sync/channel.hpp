// SPDX-License-Identifier: MIT
#pragma once

#include "channel_awaiter.hpp"
#include "channel_state.hpp"

#include <concepts>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

namespace halka {

/// A way for items from many producers to many consumers: tasks of any loop, and plain threads. Each item is received once, in the
/// order in which they were sent; who waits is served in the order of coming.
///
/// A handle: copies are the same channel. `while (auto item = co_await channel.receive()) use(*item);`
///
/// A channel keeps no loop awake and no virtual clock waiting: a loop that can know that nothing will happen any more throws
/// `deadlock_error`, also when another thread would have sent later.
///
/// *Lifetime*: shared by the handles and by who waits; it may outlive every loop.
/// *Thread safety*: any thread, all functions. Moving and destroying an item happens in a critical section of the channel and must
/// not use it. One handle object is not shared between threads without care, as a `std::shared_ptr` is not.
template <class T>
class channel {
  static_assert(std::is_object_v<T> && std::move_constructible<T>, "the items of a channel are objects that can be moved");
  using state_type = detail::channel_state<T>;

 public:
  class send_operation;
  class receive_operation;

  /// Keeps at most `capacity` items that nobody has received. With 0, a send waits for its receiver; should that be cancelled
  /// before it has gone on (it lost a `race`, say), the item waits for the next.
  explicit channel(std::size_t capacity) : state_(std::make_shared<state_type>(capacity)) {}

  /// Sends an item. *Suspends*: while there is no room and no receiver waits.
  ///
  /// *Errors*: `queue_shut_down` if the channel is closed, also if that happens meanwhile; what moving the item throws; the item is
  /// then not sent. *Cancellation*: the item is not sent. If it was already, the cancellation is delivered at the next suspension.
  send_operation send(T item) { return send_operation(shared(), std::move(item)); }

  /// Receives the next item; none when the channel is closed and all its items have been received. *Suspends*: while there is none.
  ///
  /// *Errors*: what moving the item throws. *Cancellation*: receives nothing; the item goes to the next receiver, in order.
  receive_operation receive() { return receive_operation(shared()); }

  /// Sends an item if that need not wait. *Result*: false if it would have to; the item is then untouched.
  /// *Errors*: `queue_shut_down`.
  bool try_send(T&& item) { return try_put(std::move(item)); }
  bool try_send(T const& item) requires std::copy_constructible<T> { return try_put(item); }

  /// Receives an item if that need not wait; none also if the channel is closed.
  std::optional<T> try_receive() {
    detail::channel_alarm alarm;
    std::lock_guard const lock(state().mutex());
    if (!state_->has_item(alarm)) return std::nullopt;
    return state_->take(false, alarm);
  }

  /// The same as `send` and `receive` for a thread without a loop: they block it.
  ///
  /// *Errors*: `std::logic_error` on a thread whose loop runs; those of `send`.
  void send_blocking(T item) {
    detail::check_may_block("send_blocking");
    std::shared_ptr<state_type> const kept = shared();
    kept->send_blocking(item);
  }
  std::optional<T> receive_blocking() {
    detail::check_may_block("receive_blocking");
    std::shared_ptr<state_type> const kept = shared();
    return kept->receive_blocking();
  }

  /// Accepts no more items. Sends that wait throw `queue_shut_down`; what is in the channel can still be received. Harmless when
  /// called again.
  void close() { state().close(); }
  bool is_closed() const { return state().is_closed(); }

  /// The items that nobody has received and that are not on their way to a receiver that waited. It may be more than the capacity
  /// for a moment, when such a receiver was cancelled.
  std::size_t size() const { return state().size(); }
  std::size_t capacity() const { return state().capacity(); }
  channel_statistics statistics() const { return state().statistics(); }

  /// Whether both are the same channel.
  friend bool operator==(channel const& a, channel const& b) noexcept { return a.state_ == b.state_; }

 private:
  state_type& state() const {
    if (!state_) [[unlikely]]
      detail::throw_no_channel();
    return *state_;
  }
  std::shared_ptr<state_type> shared() const {
    state();
    return state_;
  }
  template <class U>
  bool try_put(U&& item) {
    detail::channel_alarm alarm;
    std::lock_guard const lock(state().mutex());
    if (state_->closed()) detail::throw_channel_closed();
    return state_->put(std::forward<U>(item), alarm);
  }

  std::shared_ptr<state_type> state_;
};

template <class T>
class [[nodiscard]] channel<T>::send_operation {
 public:
  send_operation(std::shared_ptr<state_type> state, T&& item) : state_(std::move(state)), item_(std::move(item)) {}
  detail::channel_send_awaiter<T> operator co_await() && {
    return detail::channel_send_awaiter<T>(std::move(state_), std::move(item_));
  }

 private:
  std::shared_ptr<state_type> state_;
  T item_;
};

template <class T>
class [[nodiscard]] channel<T>::receive_operation {
 public:
  explicit receive_operation(std::shared_ptr<state_type> state) noexcept : state_(std::move(state)) {}
  detail::channel_receive_awaiter<T> operator co_await() && noexcept {
    return detail::channel_receive_awaiter<T>(std::move(state_));
  }

 private:
  std::shared_ptr<state_type> state_;
};

}  // namespace halka
