// SPDX-License-Identifier: MIT
#include "done_callbacks.hpp"

#include "event_loop.hpp"

#include <atomic>

namespace halka {

namespace {

/// A callback's place in the list of those who wait for an end.
struct registration final : waiter, pooled {
  registration(event_loop& on, callback& c) noexcept : waiter(notify), loop(on), what(c) {}

  static void notify(waiter& w) {
    auto& self = static_cast<registration&>(w);
    self.what.prepare();
    self.loop.ready().push(self.what);  // with the reference
    delete &self;
  }

  event_loop& loop;
  callback& what;
  std::uint64_t id = next_id();

  static std::uint64_t next_id() noexcept {
    static std::atomic<std::uint64_t> last = 0;
    return last.fetch_add(1, std::memory_order_relaxed) + 1;  // relaxed: only uniqueness matters
  }
};

}  // namespace

std::uint64_t add_done_callback(waiter_list& waiters, event_loop& loop, callback& c) {
  try {
    auto& r = *new registration(loop, c);
    waiters.add(r);
    return r.id;
  } catch (...) {
    c.release();
    throw;
  }
}

std::size_t remove_done_callback(waiter_list& waiters, std::uint64_t id) noexcept {
  waiter* const found =
      waiters.find([id](waiter& w) { return w.notifies(registration::notify) && static_cast<registration&>(w).id == id; });
  if (!found) return 0;
  auto& r = static_cast<registration&>(*found);
  r.what.release();
  delete &r;
  return 1;
}

void drop_done_callbacks(waiter_list& waiters) noexcept {
  while (waiter* const w = waiters.first()) {
    auto& r = static_cast<registration&>(*w);
    r.what.release();
    delete &r;
  }
}

}  // namespace halka
