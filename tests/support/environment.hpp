// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace halka::test {

/// Sets an environment variable while it lives; unsets it for null.
class environment {
 public:
  environment(char const* name, char const* value) : name_(name) {
    if (char const* const old = std::getenv(name)) before_ = old;
    set(value);
  }
  ~environment() { set(before_ ? before_->c_str() : nullptr); }
  environment(environment const&) = delete;
  environment& operator=(environment const&) = delete;

 private:
  void set(char const* value) const noexcept {
    if (value)
      setenv(name_, value, 1);
    else
      unsetenv(name_);
  }
  char const* name_;
  std::optional<std::string> before_;
};

}  // namespace halka::test
