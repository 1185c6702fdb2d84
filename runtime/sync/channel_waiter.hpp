// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../../sched/mailbox.hpp"
#include "../../sched/waiter.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>

namespace halka::detail {

/// The loop that an operation on a channel found asleep. It is woken when the operation has left the channel's mutex, because that
/// is a system call.
class channel_alarm {
 public:
  channel_alarm() noexcept = default;
  channel_alarm(channel_alarm const&) = delete;
  channel_alarm& operator=(channel_alarm const&) = delete;
  ~channel_alarm() { wake_now(); }
  void wake_now() noexcept {
    if (std::shared_ptr<mailbox> const home = std::move(asleep_)) home->wake();
  }
  void wake_later(std::shared_ptr<mailbox>&& home) noexcept {
    wake_now();
    asleep_ = std::move(home);
  }

 private:
  std::shared_ptr<mailbox> asleep_;
};

/// Who waits in a channel: a task or a thread. It lies in the frame that waits. channel_base.hpp tells who may touch it when.
class channel_waiter : public waiter {
 public:
  enum class phase : std::uint8_t { idle, waiting, granted, ended, failed, gone };

  /// Lets it run. False: its loop has ended. If true, it may be destroyed as soon as the channel's mutex is left.
  virtual bool go_on(channel_alarm& alarm) noexcept = 0;

  phase state = phase::idle;
  void* value = nullptr;     // of a sender: what it sends
  std::exception_ptr error;  // failed: why

 protected:
  channel_waiter() noexcept : waiter(nullptr) {}
  ~channel_waiter() = default;
};

/// Those who wait at one end, in the order in which they came.
class channel_line {
 public:
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  void add(channel_waiter& w) noexcept {
    w.state = channel_waiter::phase::waiting;
    list_.add(w);
    ++size_;
  }
  void remove(channel_waiter& w) noexcept {
    w.leave();
    --size_;
  }
  channel_waiter& take_first() noexcept {
    auto& first = static_cast<channel_waiter&>(*list_.first());
    remove(first);
    return first;
  }

 private:
  waiter_list list_;
  std::size_t size_ = 0;
};

/// A thread that waits.
class channel_thread final : public channel_waiter {
 public:
  /// Sleeps in `line` until somebody lets it go on. The lock is that of the channel.
  void wait(channel_line& line, std::unique_lock<std::mutex>& lock, channel_alarm& alarm) {
    alarm.wake_now();
    line.add(*this);
    woken_.wait(lock, [this] { return state != phase::waiting; });
  }

 private:
  bool go_on(channel_alarm&) noexcept override {
    woken_.notify_one();  // inside the mutex: outside, the thread might be gone
    return true;
  }

  std::condition_variable woken_;
};

}  // namespace halka::detail
