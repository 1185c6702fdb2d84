// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <atomic>
#include <cstdio>

namespace halka {

namespace {

void write_to_stderr(std::string_view text) {
  // One call for the whole report: lines of several threads do not mix.
  std::string line = "halka: ";
  line += text;
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

std::atomic<report_sink> sink = write_to_stderr;

/// Without what the compiler says of template arguments: " [with T = int]" (g++), " [T = int]" (clang).
std::string_view without_arguments(std::string_view text) {
  if (!text.ends_with(']')) return text;
  int depth = 0;
  for (std::size_t i = text.size(); i-- > 0;) {
    if (text[i] == ']') ++depth;
    if (text[i] == '[' && --depth == 0) return i > 0 && text[i - 1] == ' ' ? text.substr(0, i - 1) : text;
  }
  return text;
}

/// The index of the '(' that opens the parameter list, or npos: the last list of parameters is the function's own.
std::size_t parameters(std::string_view text) {
  int depth = 0;
  std::size_t close = text.rfind(')');
  if (close == std::string_view::npos) return close;
  for (std::size_t i = close + 1; i-- > 0;) {
    if (text[i] == ')') ++depth;
    if (text[i] == '(' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

/// The index behind the return type: the last space at depth 0 of brackets.
std::size_t name_start(std::string_view text) {
  int depth = 0;
  for (std::size_t i = text.size(); i-- > 0;) {
    char const c = text[i];
    if (c == ')' || c == '>') ++depth;
    if (c == '(' || c == '<') --depth;
    if (c == ' ' && depth == 0) return i + 1;
  }
  return 0;
}

}  // namespace

report_sink set_report_sink(report_sink next) noexcept { return sink.exchange(next ? next : write_to_stderr); }

void report(std::string_view text) noexcept {
  try {
    sink.load()(text);
  } catch (...) {
    std::fputs("halka: a report was lost: its sink threw\n", stderr);
  }
}

std::string function_name(std::source_location where) {
  std::string_view text = without_arguments(where.function_name());
  if (text.empty()) return "(unknown)";
  // clang's name for the call operator of a closure
  if (auto closure = text.rfind("(anonymous class)::operator()"); closure != std::string_view::npos) {
    std::string_view const outer = text.substr(0, closure);
    return std::string(outer.substr(name_start(outer))) + "<lambda>";
  }
  // A lambda's own parameters belong to its name and add nothing to it.
  if (auto lambda = text.rfind("<lambda"); lambda != std::string_view::npos) {
    std::string_view const outer = text.substr(0, lambda);
    return std::string(outer.substr(name_start(outer))) + "<lambda>";
  }
  if (auto open = parameters(text); open != std::string_view::npos) text = text.substr(0, open);
  return std::string(text.substr(name_start(text)));
}

std::string place(std::source_location where) {
  std::string_view file = where.file_name();
  if (auto slash = file.rfind('/'); slash != std::string_view::npos) file = file.substr(slash + 1);
  return std::string(file) + ':' + std::to_string(where.line());
}

std::string name_and_place(std::source_location where) {
  if (where.line() == 0) return "(unknown)";
  return function_name(where) + " (" + place(where) + ')';
}

}  // namespace halka
