// SPDX-License-Identifier: MIT
#include "io_backend.hpp"

#include "../sched/running.hpp"

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

std::uint32_t io_backend::new_keeper() noexcept {
  static std::atomic<std::uint32_t> last = 0;
  std::uint32_t number = 0;
  while (number == 0) number = last.fetch_add(1, std::memory_order_relaxed) + 1;  // relaxed: any number that nobody else has
  return number;
}

}  // namespace halka
