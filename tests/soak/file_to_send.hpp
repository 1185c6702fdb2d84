// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace soak {

/// A temporary file, without a name, whose content is known.
class file_to_send {
 public:
  /// The one of this process, for all threads.
  static file_to_send const& shared();

  int fd() const noexcept { return fd_; }
  std::string_view text() const noexcept { return text_; }

 private:
  file_to_send();

  int fd_;
  std::string text_;
};

}  // namespace soak
