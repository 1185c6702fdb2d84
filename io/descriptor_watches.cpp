// SPDX-License-Identifier: MIT
#include "descriptor_watches.hpp"

#include "io_backend.hpp"
#include "io_operation.hpp"

#include <poll.h>
#include <cerrno>
#include <new>
#include <string>
#include <system_error>

namespace halka {

/// One callback. A poll that has completed queues it like any other callback of the loop, and after the call the poll is submitted
/// again, so a descriptor that stays ready is told once a pass. While the poll is in flight or the call is queued the watch keeps
/// itself alive.
class descriptor_watches::watch final : public std::enable_shared_from_this<watch>, private io_operation {
 public:
  watch(io_backend& b, int descriptor, direction d) : io_operation(completed), backend_(b) {
    fd = descriptor;
    flags = d == direction::read ? POLLIN | POLLPRI | POLLRDHUP : POLLOUT;
  }

  void set_callback(std::function<void()> callback) { callback_ = std::make_shared<std::function<void()>>(std::move(callback)); }

  void begin() {
    in_kernel_ = shared_from_this();
    try {
      backend_.submit(*this);
    } catch (...) {
      in_kernel_.reset();
      throw;
    }
  }

  /// Whether it is waiting or about to be called; a watch that failed is not.
  bool active() const noexcept { return !failed_; }

  void end() noexcept {
    callback_.reset();
    if (in_flight) backend_.cancel(*this);
  }

 private:
  static void completed(io_operation& op) {
    std::shared_ptr<watch> const self = std::move(static_cast<watch&>(op).in_kernel_);
    if (!self->callback_) return;
    if (self->result < 0) return self->fail();
    try {
      self->backend_.loop().call_soon([self] { self->call(); });
    } catch (std::bad_alloc const&) {
      self->result = -ENOMEM;
      self->fail();
    }
  }

  void call() {
    std::shared_ptr<std::function<void()>> const callback = callback_;  // it may remove or replace itself
    if (!callback) return;
    try {
      (*callback)();
    } catch (...) {
      if (callback_) begin();
      throw;
    }
    if (callback_) begin();
  }

  void fail() {
    failed_ = true;
    exception_context context;
    context.message = "watching descriptor " + std::to_string(fd) + " failed; its callback is not called any more";
    context.exception = std::make_exception_ptr(std::system_error(-result, std::system_category(), "poll " + std::to_string(fd)));
    backend_.loop().call_exception_handler(context);
  }

  io_backend& backend_;
  std::shared_ptr<std::function<void()>> callback_;  // null: removed
  std::shared_ptr<watch> in_kernel_;
  bool failed_ = false;
};

descriptor_watches::descriptor_watches(io_backend& b) noexcept : backend_(b) {}

descriptor_watches::~descriptor_watches() = default;

void descriptor_watches::set(int fd, direction d, std::function<void()> callback) {
  auto const found = watches_.find({fd, d});
  if (found != watches_.end() && found->second->active()) return found->second->set_callback(std::move(callback));
  auto const made = std::make_shared<watch>(backend_, fd, d);
  made->set_callback(std::move(callback));
  watches_[{fd, d}] = made;
  try {
    made->begin();
  } catch (...) {
    watches_.erase({fd, d});
    throw;
  }
}

bool descriptor_watches::remove(int fd, direction d) {
  auto const found = watches_.find({fd, d});
  if (found == watches_.end()) return false;
  found->second->end();
  watches_.erase(found);
  return true;
}

void descriptor_watches::remove_all() noexcept {
  for (auto& [key, w] : watches_) w->end();
  watches_.clear();
}

}  // namespace halka
