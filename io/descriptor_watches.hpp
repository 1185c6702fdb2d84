// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "../sched/poller.hpp"

#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace halka {

class io_backend;

/// The callbacks of `add_reader` and `add_writer`: for each a poll operation that is submitted again after every call.
class HALKA_API descriptor_watches {
 public:
  explicit descriptor_watches(io_backend& b) noexcept;
  ~descriptor_watches();
  descriptor_watches(descriptor_watches const&) = delete;
  descriptor_watches& operator=(descriptor_watches const&) = delete;

  void set(int fd, direction d, std::function<void()> callback);
  bool remove(int fd, direction d);
  void remove_all() noexcept;

 private:
  class watch;
  io_backend& backend_;
  std::map<std::pair<int, direction>, std::shared_ptr<watch>> watches_;
};

}  // namespace halka
