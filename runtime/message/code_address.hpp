// SPDX-License-Identifier: MIT
#pragma once

#include "message_types.hpp"

#include "../../sched/export.hpp"

#include <concepts>
#include <cstdint>
#include <string>

namespace halka {

/// Where a function lies, in words that hold in every process of the same program: the distance from the beginning of the program,
/// or of one of its shared libraries. It travels as part of a message.
class HALKA_API code_address {
 public:
  code_address() = default;

  /// Of a function of this process. *Errors*: `std::logic_error` if it does not lie in a file, but was made at run time.
  template <class R, class... Args, bool no_throw>
  static code_address of(R (*function)(Args...) noexcept(no_throw)) {
    return locate(reinterpret_cast<std::uintptr_t>(function));
  }

  /// The function in this process; a library that is not loaded yet is loaded.
  ///
  /// *Errors*: `std::runtime_error` "libx.so has changed since the program started: ..." if the library is not the same file any
  /// more, or cannot be loaded; `message_error` if there can be no function.
  template <class Function>
  Function* resolve() const {
    return reinterpret_cast<Function*>(find());
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(in_library_, offset_);
    if (in_library_) archive(library_, build_id_);
  }

  friend bool operator==(code_address const&, code_address const&) = default;

 private:
  static code_address locate(std::uintptr_t address);
  std::uintptr_t find() const;

  bool in_library_ = false;
  std::uint64_t offset_ = 0;
  std::string library_;
  std::string build_id_;
};

}  // namespace halka
