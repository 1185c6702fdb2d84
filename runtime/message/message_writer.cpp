// SPDX-License-Identifier: MIT
#include "message_writer.hpp"

#include <memory>
#include <utility>

namespace halka {

void message_writer::clear() noexcept {
  store_.clear();
  // The archive remembers pointers and versions that it has written, and cannot be told to forget them.
  detail::message_store store = std::move(store_);
  std::destroy_at(this);
  new (this) message_writer(std::move(store));
}

}  // namespace halka
