// SPDX-License-Identifier: MIT
#include "io_backend.hpp"

#include "../sched/fork_watch.hpp"
#include "../sched/running.hpp"
#include "inherited_keeper.hpp"

#include <atomic>
#include <stdexcept>
#include <string>

namespace halka {

io_backend& io_backend::of(event_loop& loop) {
  if (void* const self = loop.outside().operations()) return *static_cast<io_backend*>(self);
  throw std::logic_error("this loop runs on '" + std::string(loop.outside().name()) + "', which performs no input and output");
}

backend_choice io_backend::choice() {
  if (choice_.reason.empty()) return {backend_kind::automatic, name(), "the program brought it"};
  return choice_;
}

void io_backend::forget_of(void const* backend, int fd) noexcept {
  if (!detail::current.loop) return;
  void* const running = detail::current.loop->outside().operations();
  if (running == backend) static_cast<io_backend*>(running)->forget(fd);
}

namespace {

/// The numbers of keepers, and those that another process gave out before it forked this one.
struct keepers final : detail::fork_watcher {
  void forked() noexcept override { inherited.store(last.load(std::memory_order_relaxed), std::memory_order_relaxed); }

  std::atomic<std::uint32_t> last = 0;
  std::atomic<std::uint32_t> inherited = 0;  // relaxed, as `last`: written in a child's only thread

  static keepers& all() {
    static keepers& one = *new keepers;  // never destroyed: there are streams at the end of the program
    return one;
  }
};

}  // namespace

std::uint32_t io_backend::new_keeper() noexcept {
  std::uint32_t number = 0;
  while (number == 0) number = keepers::all().last.fetch_add(1, std::memory_order_relaxed) + 1;  // relaxed: any that nobody has
  return number;
}

bool detail::is_inherited(std::uint32_t keeper) noexcept {
  return keeper <= keepers::all().inherited.load(std::memory_order_relaxed);  // relaxed: as above
}

}  // namespace halka
