// SPDX-License-Identifier: MIT
#include "process_lock.hpp"

// The state says which process holds the lock. Who finds it held waits for two things at once: for a release, which writes to
// `released_`, and for the end of the process that holds it. One that has ended cannot release, so who comes next takes it over.
//
// Before one who waits has looked, others may have taken the lock and ended with it. So the news of a release is his own: if others
// could take it from him, he would go on waiting for a process that does not hold the lock any more. And he looks after he has
// begun to watch. models/process_lock.pml shows that this is enough.

#include "../../io/readiness.hpp"
#include "../../sched/running.hpp"
#include "../../sched/sleep.hpp"
#include "../sync/channel_base.hpp"
#include "process_identity.hpp"
#include "shared_page.hpp"
#include "take_descriptor.hpp"
#include "wake_descriptor.hpp"

#include <optional>
#include <stdexcept>

namespace halka {

namespace {

constexpr char const* lock_purpose = "make a process_lock";
constexpr char const* waiting_for_lock = "wait for a process_lock";
constexpr std::uint32_t lock_kind = 0x4c6f636b;

/// Numbers only: other processes may have written anything there, which is not true or false.
struct lock_state {
  detail::process_identity holder;
  std::uint64_t acquisitions = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t was_abandoned = 0;
};
using lock_access = detail::shared_state<lock_state>::access;

}  // namespace

class detail::process_lock_store {
 public:
  process_lock_store() : state_(shared_page::make(lock_purpose, lock_kind)), released_(wake_descriptor::make(lock_purpose, false)) {
    lock_access a(state_);
    a.state = {};
    a.commit();
  }
  explicit process_lock_store(message_reader& in)
      : state_(shared_page::open(take_descriptor(in, "process_lock"), lock_kind)),
        released_(wake_descriptor::receive_from(in, "process_lock")) {}
  void attach(message_writer& out) const { out(state_.page().owner(), released_.owner()); }

  /// *Result*: who holds it; none if it was taken.
  process_identity try_take() {
    lock_access a(state_);
    if (a.state.holder && is_running(a.state.holder)) return a.state.holder;
    a.state.was_abandoned = a.state.holder ? 1 : 0;
    a.state.abandoned += a.state.was_abandoned;
    ++a.state.acquisitions;
    a.state.holder = this_process();
    a.commit();
    return {};
  }

  /// Looks again. *Result*: whether `holder`, which is watched now, still holds it. Else `holder` becomes what `try_take` says.
  bool still_held(process_identity& holder, written_or_ended& news) {
    news.watch(holder);
    process_identity const found = try_take();
    return std::exchange(holder, found) == found;
  }

  bool take_blocking(wait_until until) {
    process_identity holder = try_take();
    if (!holder) return true;
    written_or_ended news(released_.fd(), waiting_for_lock);
    while (holder)
      if (still_held(holder, news) && !block_until_readable(news.fd(), until)) return false;
    return true;
  }

  static task<> take_in_task(std::shared_ptr<process_lock_store> lock) {
    process_identity holder;
    if (!within_budget()) co_await yield_now();
    holder = lock->try_take();
    if (!holder) co_return;
    written_or_ended news(lock->released_.fd(), waiting_for_lock);
    while (holder) {
      bool const held = lock->still_held(holder, news);
      if (held) co_await readable(news.fd());
    }
  }

  void release() {
    lock_access a(state_);
    if (a.state.holder != this_process()) throw std::logic_error("release of a process_lock that this process does not hold");
    a.state.holder = {};
    released_.set();
    a.commit();
  }

  lock_state state() { return lock_access(state_).state; }

 private:
  shared_state<lock_state> state_;
  wake_descriptor released_;
};

process_lock::process_lock() : store_(std::make_shared<detail::process_lock_store>()) {}

task<> process_lock::acquire() { return detail::process_lock_store::take_in_task(store_); }

task<process_lock::guard> process_lock::hold() {
  process_lock self = *this;
  co_await detail::process_lock_store::take_in_task(self.store_);
  co_return guard(std::move(self));
}

void process_lock::lock() {
  detail::check_may_block("lock of a process_lock");
  store_->take_blocking(std::nullopt);
}

bool process_lock::try_lock() { return !store_->try_take(); }

bool process_lock::try_lock_for(clock::duration time) {
  detail::check_may_block("try_lock_for of a process_lock");
  return store_->take_blocking(clock::now() + time);
}

void process_lock::release() { store_->release(); }

bool process_lock::locked() const { return static_cast<bool>(store_->state().holder); }

bool process_lock::was_abandoned() const { return store_->state().was_abandoned != 0; }

process_lock::statistics_type process_lock::statistics() const {
  lock_state const s = store_->state();
  return {s.holder.pid, s.acquisitions, s.abandoned};
}

void process_lock::save(message_writer& out) const { store_->attach(out); }

void process_lock::load(message_reader& in) { store_ = std::make_shared<detail::process_lock_store>(in); }

}  // namespace halka
