// SPDX-License-Identifier: MIT
#include "process_semaphore.hpp"

#include "../../io/readiness.hpp"
#include "../../sched/running.hpp"
#include "../../sched/sleep.hpp"
#include "../sync/channel_base.hpp"
#include "shared_page.hpp"
#include "take_descriptor.hpp"
#include "wake_descriptor.hpp"

#include <cstdint>
#include <optional>
#include <stdexcept>

namespace halka {

namespace {

constexpr char const* semaphore_purpose = "make a process_semaphore";
constexpr std::uint32_t semaphore_kind = 0x53656d61;
constexpr std::uint64_t most_permits = std::uint64_t{1} << 60;

struct semaphore_state {
  std::uint64_t permits = 0;
};
using semaphore_access = detail::shared_state<semaphore_state>::access;

std::uint64_t checked(std::ptrdiff_t permits) {
  if (permits < 0) throw std::invalid_argument("a process_semaphore with " + std::to_string(permits) + " permits");
  return static_cast<std::uint64_t>(permits);
}

}  // namespace

/// While there are permits, `some` is readable.
class detail::process_semaphore_store {
 public:
  explicit process_semaphore_store(std::uint64_t permits)
      : state_(shared_page::make(semaphore_purpose, semaphore_kind)), some_(wake_descriptor::make(semaphore_purpose, true)) {
    semaphore_access a(state_);
    a.state.permits = permits;
    a.commit();
  }
  explicit process_semaphore_store(message_reader& in)
      : state_(shared_page::open(take_descriptor(in, "process_semaphore"), semaphore_kind)),
        some_(wake_descriptor::receive_from(in, "process_semaphore")) {}
  void attach(message_writer& out) const { out(state_.page().owner(), some_.owner()); }

  bool try_take() {
    semaphore_access a(state_);
    if (a.state.permits == 0) {
      some_.clear();
      return false;
    }
    --a.state.permits;
    a.commit();
    if (a.state.permits == 0) some_.clear();
    return true;
  }

  bool take_blocking(wait_until until) {
    while (!try_take())
      if (!block_until_readable(some_.fd(), until)) return false;
    return true;
  }

  static task<> take_in_task(std::shared_ptr<process_semaphore_store> semaphore) {
    bool done = false;
    if (!within_budget()) co_await yield_now();
    while (true) {
      done = semaphore->try_take();
      if (done) co_return;
      co_await readable(semaphore->some_.fd());
    }
  }

  void release() {
    semaphore_access a(state_);
    if (a.state.permits >= most_permits) throw std::logic_error("a process_semaphore was released too often");
    ++a.state.permits;
    some_.set();
    a.commit();
  }

  std::uint64_t permits() { return semaphore_access(state_).state.permits; }

 private:
  shared_state<semaphore_state> state_;
  wake_descriptor some_;
};

process_semaphore::process_semaphore(std::ptrdiff_t permits)
    : store_(std::make_shared<detail::process_semaphore_store>(checked(permits))) {}

task<> process_semaphore::acquire() { return detail::process_semaphore_store::take_in_task(store_); }

bool process_semaphore::try_acquire() { return store_->try_take(); }

void process_semaphore::acquire_blocking() {
  detail::check_may_block("acquire_blocking");
  store_->take_blocking(std::nullopt);
}

bool process_semaphore::acquire_blocking_for(clock::duration time) {
  detail::check_may_block("acquire_blocking_for");
  return store_->take_blocking(clock::now() + time);
}

void process_semaphore::release() { store_->release(); }

std::size_t process_semaphore::available() const { return store_->permits(); }

void process_semaphore::save(message_writer& out) const { store_->attach(out); }

void process_semaphore::load(message_reader& in) { store_ = std::make_shared<detail::process_semaphore_store>(in); }

}  // namespace halka
