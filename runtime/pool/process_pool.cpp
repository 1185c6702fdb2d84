// SPDX-License-Identifier: MIT
#include "process_pool.hpp"

#include <stdexcept>

namespace halka {

process_pool::process_pool(process_pool_options const& options) : state_(std::make_shared<detail::pool_state>(options)) {}

process_pool& process_pool::operator=(process_pool&& other) noexcept {
  if (this == &other) return *this;
  if (state_) state_->close();
  state_ = std::move(other.state_);
  return *this;
}

process_pool::~process_pool() {
  if (state_) state_->close();
}

task<> process_pool::shutdown(shutdown_options options) {
  future<> ended = state()->shut_down(options.cancel_pending);
  co_await std::move(ended);
}

process_pool_statistics process_pool::statistics() const { return state()->statistics(); }

std::size_t process_pool::limit() const { return state()->limit(); }

std::shared_ptr<detail::pool_state> const& process_pool::state() const {
  if (!state_) throw std::logic_error("use of a process pool that was moved from");
  return state_;
}

}  // namespace halka
