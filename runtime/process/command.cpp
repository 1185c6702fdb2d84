// SPDX-License-Identifier: MIT
#include "command.hpp"

#include <algorithm>

namespace halka {

namespace {

bool needs_no_quotes(unsigned char c) noexcept {
  constexpr std::string_view harmless = "_-./=:,@%+";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80 ||
         harmless.find(static_cast<char>(c)) != std::string_view::npos;
}

std::string quoted(std::string const& text) {
  if (!text.empty() && std::ranges::all_of(text, needs_no_quotes)) return text;
  std::string result = "'";
  for (char const c : text) {
    if (c == '\'')
      result += "'\\''";
    else
      result += c;
  }
  return result += '\'';
}

}  // namespace

std::string command::to_string() const {
  std::string result;
  for (std::string const& argument : arguments_) {
    if (!result.empty()) result += ' ';
    result += quoted(argument);
  }
  return result;
}

}  // namespace halka
