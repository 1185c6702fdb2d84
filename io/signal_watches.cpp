// SPDX-License-Identifier: MIT
#include "signal_watches.hpp"

#include "../sched/event_loop.hpp"

#include <bit>

namespace halka {

void signal_watches::set_handler(int number, std::function<void()> callback) {
  receiver_.watch(number);
  handlers_[number] = std::make_shared<std::function<void()> const>(std::move(callback));
}

bool signal_watches::remove_handler(int number) {
  if (handlers_.erase(number) == 0) return false;
  close_unless_used(number);
  return true;
}

void signal_watches::add(int number, signal_listener& listener) {
  receiver_.watch(number);
  listeners_.emplace(number, &listener);
}

void signal_watches::remove(int number, signal_listener& listener) noexcept {
  auto const [first, last] = listeners_.equal_range(number);
  for (auto i = first; i != last; ++i) {
    if (i->second != &listener) continue;
    listeners_.erase(i);
    break;
  }
  close_unless_used(number);
}

void signal_watches::remove_all() noexcept {
  for (auto const& [number, h] : handlers_) receiver_.unwatch(number);
  for (auto const& [number, listener] : listeners_) {
    receiver_.unwatch(number);
    listener->loop_ended();
  }
  handlers_.clear();
  listeners_.clear();
}

void signal_watches::close_unless_used(int number) noexcept {
  if (!handlers_.contains(number) && !listeners_.contains(number)) receiver_.unwatch(number);
}

void signal_watches::dispatch() {
  for (std::uint64_t came = receiver_.take(); came != 0; came &= came - 1) {
    int const number = std::countr_zero(came) + 1;
    if (auto const found = handlers_.find(number); found != handlers_.end()) call(found->second);
    auto const [first, last] = listeners_.equal_range(number);
    for (auto i = first; i != last; ++i) i->second->signalled(number);
  }
}

/// One that is removed or replaced before its turn is not called.
void signal_watches::call(handler const& h) {
  loop_.call_soon([weak = std::weak_ptr(h)] {
    if (handler const alive = weak.lock()) (*alive)();
  });
}

}  // namespace halka
