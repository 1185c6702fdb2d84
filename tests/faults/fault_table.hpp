// SPDX-License-Identifier: MIT
#pragma once

#include "scenario.hpp"

#include <string>
#include <vector>

namespace halka::faults {

/// A part of the table, with the operations of one kind.
struct table_part {
  std::string title;
  std::vector<scenario> const* scenarios;
};
std::vector<table_part> const& table_parts();

/// docs/faults.md, made of `results`.
std::string fault_table();

/// What a text of docs/faults.md lacks: an operation, a fault, the total. Empty if it is up to date.
std::vector<std::string> missing_in_table(std::string const& text);

}  // namespace halka::faults
