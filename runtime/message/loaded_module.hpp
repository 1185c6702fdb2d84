// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace halka::detail {

/// A file of which this process runs code: the program or a shared library.
struct loaded_module {
  struct range {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
  };

  std::string path;      // without links; empty for the program itself
  std::string build_id;  // the bytes that the linker wrote into the file; empty if it wrote none
  std::uintptr_t base = 0;
  std::vector<range> code;

  bool holds(std::uintptr_t address) const noexcept {
    for (range const& r : code)
      if (address >= r.begin && address < r.end) return true;
    return false;
  }
};

/// The module in which the code at the address lies; null if it lies in no file. *Complexity*: some nanoseconds for the program,
/// some ten for the library that the thread asked for last.
HALKA_API std::shared_ptr<loaded_module const> module_of(std::uintptr_t address);

/// The program itself.
HALKA_API std::shared_ptr<loaded_module const> const& program_module();

/// The library at the path, which is loaded if it is not yet. *Errors*: `std::runtime_error` with the loader's text.
HALKA_API std::shared_ptr<loaded_module const> load_module(std::string const& path);

}  // namespace halka::detail
