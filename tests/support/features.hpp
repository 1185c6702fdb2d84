// SPDX-License-Identifier: MIT
#pragma once

#include <halka/io/kernel_features.hpp>

#include <string>
#include <string_view>

namespace halka::test {

/// What HALKA_KERNEL_FEATURES says while it lives: "-waitid", "none", "" for everything.
class features {
 public:
  explicit features(std::string_view list) : before_(kernel::set_features(list)) {}
  ~features() { kernel::set_features(before_); }
  features(features const&) = delete;
  features& operator=(features const&) = delete;

 private:
  std::string before_;
};

}  // namespace halka::test
