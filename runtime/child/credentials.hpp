// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <vector>

namespace halka::detail {

/// As whom this process acts.
struct credentials {
  std::array<unsigned, 3> users{};  // real, effective, saved
  std::array<unsigned, 3> groups{};
  std::vector<unsigned> more_groups;

  static credentials now();
  bool operator==(credentials const&) const = default;
};

}  // namespace halka::detail
