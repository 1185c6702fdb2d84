// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace halka::detail {

/// What the handles of one object in one process share: the object, until it is closed. Who uses it keeps it meanwhile.
template <class Object>
class closable {
 public:
  explicit closable(std::shared_ptr<Object> object) noexcept : object_(std::move(object)) {}

  /// *Errors*: `std::logic_error` if it is closed.
  std::shared_ptr<Object> use() const {
    std::lock_guard const lock(mutex_);
    if (!object_) throw std::logic_error(std::string(Object::name) + " is closed");
    return object_;
  }

  /// *Errors*: `std::logic_error` if somebody uses it.
  void close() {
    std::shared_ptr<Object> last;
    std::lock_guard const lock(mutex_);
    if (object_.use_count() > 1)
      throw std::logic_error(std::string("close of ") + Object::name + " that a task or a thread waits for: cancel that first");
    last = std::move(object_);
  }

  bool is_closed() const noexcept {
    std::lock_guard const lock(mutex_);
    return !object_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<Object> object_;
};

template <class Object>
std::shared_ptr<Object> use(std::shared_ptr<closable<Object>> const& handle) {
  if (!handle) throw std::logic_error(std::string("this handle of ") + Object::name + " was moved from, or never made");
  return handle->use();
}

}  // namespace halka::detail
