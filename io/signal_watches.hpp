// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "signal_receiver.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace halka {

class event_loop;

/// Somebody in a loop who is told of signals.
class HALKA_API signal_listener {
 public:
  /// Called in the loop.
  virtual void signalled(int number) = 0;
  /// The loop ends: it will not be called any more.
  virtual void loop_ended() noexcept = 0;

 protected:
  ~signal_listener() = default;
};

/// Who listens to which signal in one loop: the functions of `add_signal_handler`, and the signal sets.
class HALKA_API signal_watches {
 public:
  explicit signal_watches(event_loop& loop) : receiver_(loop), loop_(loop) {}
  ~signal_watches() { remove_all(); }
  signal_watches(signal_watches const&) = delete;
  signal_watches& operator=(signal_watches const&) = delete;

  /// *Errors*: those of `signal_receiver::watch`.
  void set_handler(int number, std::function<void()> callback);
  bool remove_handler(int number);
  void add(int number, signal_listener& listener);
  void remove(int number, signal_listener& listener) noexcept;
  void remove_all() noexcept;
  bool empty() const noexcept { return handlers_.empty() && listeners_.empty(); }

  /// Tells those who listen of what has come.
  void dispatch();

 private:
  using handler = std::shared_ptr<std::function<void()> const>;
  void call(handler const& h);
  void close_unless_used(int number) noexcept;

  detail::signal_receiver receiver_;
  event_loop& loop_;
  std::map<int, handler> handlers_;
  std::multimap<int, signal_listener*> listeners_;
};

}  // namespace halka
