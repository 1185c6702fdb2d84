// SPDX-License-Identifier: MIT
#pragma once

#include "clock.hpp"
#include "context.hpp"
#include "export.hpp"
#include "frame_pool.hpp"
#include "runnable.hpp"
#include "timer_queue.hpp"

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace halka {

class event_loop;

/// A function that a loop was asked to call once. Counted: the loop's queue holds one reference, each handle one.
class HALKA_API callback : public runnable, public timer {
 public:
  /// Prevents the call. No effect once the call has begun.
  void cancel() noexcept;
  bool cancelled() const noexcept { return cancelled_; }
  clock::time_point when() const noexcept { return when_; }

  /// Called when what a done callback waits for has come, before it is queued.
  virtual void prepare() {}

  void retain() noexcept { ++refs_; }
  void release() noexcept {
    if (--refs_ == 0) delete this;
  }

 protected:
  explicit callback(event_loop& loop);
  virtual ~callback();
  /// Calls the function; what it throws goes to the loop's exception handler.
  virtual void call() = 0;

 private:
  friend class event_loop;
  static void run_now(runnable& r);
  static void deadline_came(timer& t);

  event_loop* loop_;
  context_ref context_;
  clock::time_point when_{};
  unsigned refs_ = 1;
  bool cancelled_ = false;
  bool begun_ = false;
};

namespace detail {

template <class F>
class callback_of final : public callback, public pooled {
 public:
  template <class G>
  callback_of(event_loop& loop, G&& fn) : callback(loop), function_(std::forward<G>(fn)) {}

 private:
  void call() override { function_(); }
  F function_;
};

}  // namespace detail

/// A callback that can be cancelled: what `call_soon`, `call_later` and `call_at` return. Dropping it does not cancel the call.
///
/// *Thread safety*: the loop's thread only.
/// *Source*: asyncio.Handle, asyncio.TimerHandle.
class HALKA_API timer_handle {
 public:
  timer_handle() noexcept = default;
  explicit timer_handle(callback& c) noexcept : callback_(&c) { c.retain(); }
  timer_handle(timer_handle const& other) noexcept : callback_(other.callback_) {
    if (callback_) callback_->retain();
  }
  timer_handle(timer_handle&& other) noexcept : callback_(std::exchange(other.callback_, nullptr)) {}
  timer_handle& operator=(timer_handle other) noexcept {
    std::swap(callback_, other.callback_);
    return *this;
  }
  ~timer_handle() {
    if (callback_) callback_->release();
  }

  /// Prevents the call if it has not begun. Harmless when called again or too late.
  void cancel() noexcept {
    if (callback_) callback_->cancel();
  }
  bool cancelled() const noexcept { return callback_ && callback_->cancelled(); }

  /// The deadline; the time point zero for `call_soon`.
  clock::time_point when() const noexcept { return callback_ ? callback_->when() : clock::time_point(); }

 private:
  callback* callback_ = nullptr;
};

}  // namespace halka
