// SPDX-License-Identifier: MIT
#include "stack_text.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

// libbacktrace comes with g++, whose own folder holds its header; clang uses the library but does not look there.
extern "C" {
struct backtrace_state;
using backtrace_error_callback = void (*)(void* data, char const* message, int error);
using backtrace_full_callback = int (*)(void* data, std::uintptr_t address, char const* file, int line, char const* function);
using backtrace_syminfo_callback = void (*)(void* data, std::uintptr_t address, char const* symbol, std::uintptr_t begin,
                                            std::uintptr_t size);
backtrace_state* backtrace_create_state(char const* program, int threaded, backtrace_error_callback on_error, void* data);
int backtrace_pcinfo(backtrace_state* state, std::uintptr_t address, backtrace_full_callback call,
                     backtrace_error_callback on_error, void* data);
int backtrace_syminfo(backtrace_state* state, std::uintptr_t address, backtrace_syminfo_callback call,
                      backtrace_error_callback on_error, void* data);
}

namespace halka::detail {

namespace {

struct frame {
  std::string function;
  std::string place;
  bool unnamed = false;  // only its module is known
};

void ignore_error(void*, char const*, int) {}

backtrace_state* symbols() {
  // It is never freed, says libbacktrace.
  static backtrace_state* const state = backtrace_create_state(nullptr, 1, ignore_error, nullptr);
  return state;
}

std::string demangled(char const* name) {
  int status = 0;
  char* const text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string readable = status == 0 && text ? text : name;
  std::free(text);
  readable.resize(std::min(readable.size(), readable.find(" [clone ")));
  constexpr std::string_view long_string = "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >";
  for (std::size_t at; (at = readable.find(long_string)) != std::string::npos;)
    readable.replace(at, long_string.size(), "std::string");
  for (std::size_t at; (at = readable.find(" >")) != std::string::npos;) readable.erase(at, 1);
  return readable;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

int add_frame(void* data, std::uintptr_t, char const* file, int line, char const* function) {
  if (!function) return 0;
  frame& f = static_cast<std::vector<frame>*>(data)->emplace_back();
  f.function = demangled(function);
  if (file) f.place = std::string(base_name(file)) + ':' + std::to_string(line);
  return 0;
}

void set_name(void* data, std::uintptr_t, char const* symbol, std::uintptr_t, std::uintptr_t) {
  if (symbol) static_cast<frame*>(data)->function = demangled(symbol);
}

/// What is known without debug information.
frame plain_frame(std::uintptr_t address) {
  frame f;
  if (symbols()) backtrace_syminfo(symbols(), address, set_name, ignore_error, &f);
  Dl_info info{};
  if (!f.function.empty() || dladdr(reinterpret_cast<void*>(address), &info) == 0) return f;
  if (info.dli_sname) {
    f.function = demangled(info.dli_sname);
  } else if (info.dli_fname) {
    char offset[32];
    std::snprintf(offset, sizeof offset, "+0x%zx",
                  static_cast<std::size_t>(address - reinterpret_cast<std::uintptr_t>(info.dli_fbase)));
    f.function = std::string(base_name(info.dli_fname)) + offset;
    f.unnamed = true;
  }
  return f;
}

std::vector<frame> frames_at(std::uintptr_t address) {
  std::vector<frame> found;  // several where functions were inlined; the last is the one that has a symbol
  if (symbols()) backtrace_pcinfo(symbols(), address, add_frame, ignore_error, &found);
  frame plain = plain_frame(address);
  if (found.empty())
    found.push_back(std::move(plain));
  else if (!plain.function.empty() && !plain.unnamed)
    found.back().function = std::move(plain.function);
  return found;
}

/// What the C++ library does to throw, below its functions that have a name.
bool only_throws(frame const& f) { return f.unnamed && f.function.starts_with("libstdc++"); }

bool only_makes_the_call(frame const& f) {
  for (std::string_view const part :
       {"halka::remote_call<", "halka::detail::call_for_effect<", "halka::detail::called_for_effect<"})
    if (f.function.find(part) != std::string::npos) return true;
  return f.place.starts_with("remote_call.hpp:") || f.place.starts_with("called_for_effect.hpp:");
}

}  // namespace

std::string stack_text(std::span<std::uintptr_t const> addresses) {
  std::vector<frame> frames;
  for (std::uintptr_t const address : addresses)
    for (frame& f : frames_at(address - 1))  // the call is before the place where it returns to
      if (!frames.empty() || !only_throws(f)) frames.push_back(std::move(f));
  while (!frames.empty() && only_makes_the_call(frames.back())) frames.pop_back();
  std::string text;
  for (frame const& f : frames) {
    text += "  at " + (f.function.empty() ? std::string("?") : f.function);
    if (!f.place.empty()) text += " (" + f.place + ')';
    text += '\n';
  }
  return text;
}

}  // namespace halka::detail
