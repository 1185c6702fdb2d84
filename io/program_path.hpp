// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"

#include <string>
#include <string_view>

namespace halka::detail {

/// The file that a program's name stands for: the name itself if it has a slash, else the first executable file of that name in
/// the directories of `path`. `cwd` is the directory in which relative names are looked up; empty for the present one.
///
/// *Errors*: `std::system_error` with the name and, if the error's text does not tell it, the cause: "start frob (not found in PATH
/// /usr/bin:/bin): No such file or directory".
HALKA_API std::string find_program(std::string_view name, std::string_view path, std::string_view cwd);

/// Throws the error with which a program that was found could not be started.
[[noreturn]] HALKA_API void throw_start_error(int error, std::string const& name, std::string const& file, std::string_view cwd);

}  // namespace halka::detail
