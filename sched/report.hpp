// SPDX-License-Identifier: MIT
#pragma once

#include "export.hpp"

#include <source_location>
#include <string>
#include <string_view>

namespace halka {

/// Where halka's reports go: things that no caller is left to be told of, such as a coroutine that was never awaited.
using report_sink = void (*)(std::string_view text);

/// Replaces the sink and returns the one before; null restores the default, which writes "halka: text" to stderr.
///
/// *Thread safety*: any thread; the sink may be called from any thread.
HALKA_API report_sink set_report_sink(report_sink sink) noexcept;

/// Hands one report to the sink. Never throws.
HALKA_API void report(std::string_view text) noexcept;

/// The name of the function that a location stands in, without its return type and its parameters: "server::handle",
/// "main()::<lambda>".
HALKA_API std::string function_name(std::source_location where);

/// "name (file:line)", with the file's last path component; "(unknown)" for an empty location.
HALKA_API std::string name_and_place(std::source_location where);

/// "file:line", with the file's last path component.
HALKA_API std::string place(std::source_location where);

}  // namespace halka
