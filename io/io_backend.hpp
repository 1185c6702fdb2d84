// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/event_loop.hpp"
#include "../sched/export.hpp"
#include "../sched/poller.hpp"
#include "backend.hpp"
#include "descriptor_watches.hpp"
#include "io_operation.hpp"
#include "signal_watches.hpp"
#include "stream_state.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace halka {

/// A poller that performs operations: what io/ is written against.
class HALKA_API io_backend : public poller {
 public:
  explicit io_backend(std::string_view name) noexcept : poller(name), watches_(*this) { operations_ = this; }

  /// The backend of a loop. *Errors*: `std::logic_error` if the loop has none.
  static io_backend& of(event_loop& loop);

  /// What performs the operations, and why it does.
  virtual backend_choice choice();
  void set_choice(backend_choice made) noexcept { choice_ = std::move(made); }

  /// Starts an operation; it completes in a later pass.
  ///
  /// *Errors*: `std::system_error` if the kernel takes no more; the operation is then idle.
  virtual void submit(io_operation& op) = 0;

  /// Asks the kernel to give an operation up. It completes all the same. No effect on one that is idle or was asked before.
  virtual void cancel(io_operation& op) noexcept = 0;

  /// To be called before a descriptor is closed on which operations are in flight: they are handed over, so that they mean the
  /// descriptor as it is now. They may end with -ECANCELED.
  virtual void before_close(int fd) noexcept = 0;

  /// Forgets what is known of a descriptor, before it is closed.
  virtual void forget(int) noexcept {}
  /// The same for an owner who may outlive the loop: his backend is told if it is that of the running loop.
  static void forget_of(void const* backend, int fd) noexcept;

  /// A number for who owns a descriptor and promises to call `before_close` or `forget`.
  static std::uint32_t new_keeper() noexcept;

  /// Whether a recv may leave the choice of its buffer to the backend (`lend_buffer`).
  virtual bool lends_buffers() const noexcept = 0;
  /// The size of such a buffer.
  virtual std::size_t lent_size() const noexcept = 0;
  /// Gives the buffer of a recv that has completed with a positive result back.
  virtual void give_back(io_operation const& op) noexcept = 0;

  /// The streams over the program's standard descriptors, once they are used.
  std::array<stream_ptr, 3>& standard_streams() noexcept { return standard_streams_; }

  void attach(event_loop& loop) override { loop_ = &loop; }
  void watch(int fd, direction d, std::function<void()> callback) override { watches_.set(fd, d, std::move(callback)); }
  bool unwatch(int fd, direction d) override { return watches_.remove(fd, d); }

  void watch_signal(int number, std::function<void()>&& callback) override { signals().set_handler(number, std::move(callback)); }
  bool unwatch_signal(int number) override { return signals().remove_handler(number); }
  void nudged() override {
    if (signals_) signals_->dispatch();
  }

  event_loop& loop() const noexcept { return *loop_; }
  bool has_signal_listeners() const noexcept { return signals_ && !signals_->empty(); }
  /// Who listens to signals in this loop.
  signal_watches& signals() {
    if (!signals_) signals_.emplace(*loop_);
    return *signals_;
  }

 protected:
  ~io_backend() override = default;
  descriptor_watches& watches() noexcept { return watches_; }
  /// The loop ends: nobody is told of descriptors and signals any more.
  void stop_watching() noexcept {
    watches_.remove_all();
    signals_.reset();
  }

 private:
  event_loop* loop_ = nullptr;
  backend_choice choice_;  // empty until somebody has chosen
  descriptor_watches watches_;
  std::array<stream_ptr, 3> standard_streams_;
  std::optional<signal_watches> signals_;  // made when the first is watched
};

}  // namespace halka
