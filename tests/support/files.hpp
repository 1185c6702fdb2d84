// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace halka::test {

/// A directory that is removed with all that is in it.
class scratch_directory {
 public:
  scratch_directory();
  ~scratch_directory();
  scratch_directory(scratch_directory const&) = delete;
  scratch_directory& operator=(scratch_directory const&) = delete;

  std::string const& path() const noexcept { return path_; }
  /// The path of an entry.
  std::string operator/(std::string_view name) const { return path_ + '/' + std::string(name); }

 private:
  std::string path_;
};

/// What a file holds. Throws if it cannot be read.
std::string contents(std::string const& path);

/// Makes a file with these contents. The path.
std::string const& put(std::string const& path, std::string_view text);

/// Bytes that do not repeat soon, the same for the same seed.
std::string noise(std::size_t size, unsigned seed = 1);

}  // namespace halka::test
