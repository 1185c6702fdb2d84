// SPDX-License-Identifier: MIT
#pragma once

#include "inner_fd.hpp"

#include "../../io/io_operation.hpp"
#include "../../sched/export.hpp"

#include <memory>
#include <string>

namespace halka {

class event_loop;

namespace detail {

/// What a worker process writes to its standard error: goes on to this program's at once, and its last lines are kept.
class HALKA_API worker_errors final : public std::enable_shared_from_this<worker_errors>, private io_operation {
 public:
  /// `pipe` is the end to read from, and does not block.
  worker_errors(event_loop& loop, inner_fd pipe);
  ~worker_errors();

  /// Listens from now on; keeps itself alive until `close` or the end of the loop.
  void begin();
  /// Takes what is in the pipe now.
  void drain() noexcept;
  void close() noexcept;

  std::string last_lines() const;

 private:
  static void completed(io_operation& op);
  void keep(char const* text, std::size_t count);

  event_loop& loop_;
  inner_fd pipe_;
  std::string kept_;
  bool closed_ = false;
  std::shared_ptr<worker_errors> listening_;  // itself, while the kernel has the operation
};

}  // namespace detail

}  // namespace halka
