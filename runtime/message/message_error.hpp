// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"

#include <stdexcept>
#include <string>

namespace halka {

/// A message from another process is not what its reader expects: it is cut off, garbled, or of other types.
class HALKA_API message_error : public std::runtime_error {
 public:
  explicit message_error(std::string const& what);
  message_error(message_error const&) noexcept;
  message_error& operator=(message_error const&) noexcept;
  ~message_error() override;
};

}  // namespace halka
