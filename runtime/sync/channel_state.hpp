// SPDX-License-Identifier: MIT
#pragma once

#include "channel_base.hpp"

#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

namespace halka::detail {

/// A channel with its items; shared by all its handles.
template <class T>
class channel_state final : public channel_base {
 public:
  using phase = channel_waiter::phase;
  using channel_base::channel_base;

  // -- with the mutex held

  /// Puts an item in, if there is room for it or a receiver waits. *Errors*: those of moving or copying it; it is then not sent.
  template <class U>
  bool put(U&& item, channel_alarm& alarm) {
    if (!has_room()) return false;
    items_.push_back(std::forward<U>(item));
    added(alarm);
    return true;
  }

  /// Whether an item is there for somebody who was promised none; where a send waits for its receiver, this takes it in.
  bool has_item(channel_alarm& alarm) noexcept {
    if (free_items() == 0) admit_senders(1, alarm);
    return free_items() > 0;
  }

  /// Moves the first item to `to`, which is empty. *Errors*: those of moving it; it is then lost.
  void take_into(std::optional<T>& to, bool promised, channel_alarm& alarm) {
    struct afterwards {
      channel_state& self;
      bool promised;
      channel_alarm& alarm;
      ~afterwards() {
        self.items_.pop_front();
        self.removed(promised, alarm);
        self.admit_senders(self.capacity(), alarm);
      }
    } const remove{*this, promised, alarm};
    to.emplace(std::move(items_.front()));
  }
  std::optional<T> take(bool promised, channel_alarm& alarm) {
    std::optional<T> item;
    take_into(item, promised, alarm);
    return item;
  }

  // -- for threads

  void send_blocking(T& item) {
    channel_alarm alarm;
    std::unique_lock lock(mutex());
    if (closed()) throw_channel_closed();
    if (put(std::move(item), alarm)) return;
    channel_thread self;
    self.value = &item;
    self.wait(senders(), lock, alarm);
    if (self.state == phase::failed) std::rethrow_exception(self.error);
    if (self.state == phase::ended) throw_channel_closed();
  }

  std::optional<T> receive_blocking() {
    channel_alarm alarm;
    std::unique_lock lock(mutex());
    if (has_item(alarm)) return take(false, alarm);
    if (drained()) return std::nullopt;
    channel_thread self;
    self.wait(receivers(), lock, alarm);
    if (self.state == phase::ended) return std::nullopt;
    return take(true, alarm);
  }

 private:
  /// Moves the items of waiting senders in until so many are free.
  void admit_senders(std::size_t most, channel_alarm& alarm) noexcept {
    while (free_items() < most && !senders().empty()) {
      channel_waiter& first = senders().take_first();
      bool moved = false;
      try {
        items_.push_back(std::move(*static_cast<T*>(first.value)));
        moved = true;
      } catch (...) {
        first.error = std::current_exception();
      }
      first.state = moved ? phase::granted : phase::failed;
      first.go_on(alarm);  // its loop has ended: the item is sent all the same
      if (moved) added(alarm);
    }
  }

  std::deque<T> items_;
};

}  // namespace halka::detail
