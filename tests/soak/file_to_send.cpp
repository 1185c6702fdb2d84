// SPDX-License-Identifier: MIT
#include "file_to_send.hpp"

#include "random_source.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <system_error>

namespace soak {

file_to_send const& file_to_send::shared() {
  static file_to_send const file;
  return file;
}

file_to_send::file_to_send() : text_(std::size_t{1} << 22, '\0') {
  random_source(4242).fill(text_);
  char path[] = "/tmp/halka-soak-XXXXXX";
  fd_ = mkostemp(path, O_CLOEXEC);
  if (fd_ < 0) throw std::system_error(errno, std::system_category(), "make a temporary file");
  ::unlink(path);
  for (std::string_view left = text_; !left.empty();) {
    ssize_t const n = ::write(fd_, left.data(), left.size());
    if (n < 0) throw std::system_error(errno, std::system_category(), "write a temporary file");
    left.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace soak
