// SPDX-License-Identifier: MIT
#include "call_name.hpp"

#include "../message/stack_text.hpp"

#include <cxxabi.h>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace halka::detail {

std::string function_at(std::uintptr_t address) {
  std::uintptr_t const inside = address + 1;  // as if it were a return address
  std::string const text = stack_text({&inside, 1});
  // Before the function itself come those that were inlined where it begins.
  std::string_view line = std::string_view(text).substr(0, text.empty() ? 0 : text.size() - 1);
  line.remove_prefix(line.rfind('\n') + 1);
  constexpr std::string_view at = "  at ";
  if (line.starts_with(at)) line.remove_prefix(at.size());
  if (std::size_t const place = line.rfind(" ("); place != line.npos && line.find(':', place) != line.npos)
    line = line.substr(0, place);
  return line.empty() ? "a function" : std::string(line);
}

std::string type_text(std::type_info const& type) {
  int status = 0;
  std::unique_ptr<char, decltype(&std::free)> const text(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  return status == 0 && text ? text.get() : type.name();
}

}  // namespace halka::detail
