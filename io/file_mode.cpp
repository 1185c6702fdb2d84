// SPDX-License-Identifier: MIT
#include "file_mode.hpp"

#include <fcntl.h>
#include <stdexcept>
#include <string>

namespace halka {

namespace {

/// The letter of `choices` that the text has once; 0 if it has none; '?' if it has more.
char one_of(std::string_view text, std::string_view choices) {
  std::size_t const first = text.find_first_of(choices);
  if (first == std::string_view::npos) return '\0';
  return text.find_first_of(choices, first + 1) == std::string_view::npos ? text[first] : '?';
}

[[noreturn]] void refuse(std::string_view text) {
  throw std::invalid_argument("open_file: the mode \"" + std::string(text) +
                              "\" is not one of r, w, a and x, with + for both directions, and b or t");
}

}  // namespace

file_mode file_mode::parse(std::string_view text) {
  char const kind = one_of(text, "rwax");
  char const both = one_of(text, "+");
  if (kind == '\0' || kind == '?' || both == '?' || one_of(text, "bt") == '?') refuse(text);
  if (text.find_first_not_of("rwax+bt") != std::string_view::npos) refuse(text);

  file_mode mode;
  mode.reads = kind == 'r' || both;
  mode.writes = kind != 'r' || both;
  mode.appends = kind == 'a';
  mode.flags = O_NOCTTY | (both ? O_RDWR : mode.reads ? O_RDONLY : O_WRONLY);
  if (kind == 'w') mode.flags |= O_CREAT | O_TRUNC;
  if (kind == 'a') mode.flags |= O_CREAT | O_APPEND;
  if (kind == 'x') mode.flags |= O_CREAT | O_EXCL;
  return mode;
}

}  // namespace halka
