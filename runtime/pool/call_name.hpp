// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"

#include <cstdint>
#include <string>
#include <type_traits>
#include <typeinfo>

namespace halka::detail {

/// "fib(int)": the function that lies there.
HALKA_API std::string function_at(std::uintptr_t address);
/// "main::{lambda(int)#1}"
HALKA_API std::string type_text(std::type_info const& type);

/// What a message calls a function, or a lambda without captures.
template <class F>
std::string call_name(F const& function) {
  if constexpr (std::is_pointer_v<F>)
    return function_at(reinterpret_cast<std::uintptr_t>(function));
  else
    return type_text(typeid(F));
}

}  // namespace halka::detail
