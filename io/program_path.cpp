// SPDX-License-Identifier: MIT
#include "program_path.hpp"

#include "operation_awaiter.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>

namespace halka::detail {

namespace {

std::string seen_from_here(std::string_view file, std::string_view cwd) {
  if (cwd.empty() || file.starts_with('/')) return std::string(file);
  return std::string(cwd) + '/' + std::string(file);
}

bool is_directory(std::string const& path) noexcept {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// 0 if the file can be executed, else the error with which it cannot.
int error_of_executing(std::string const& file) noexcept {
  struct stat status;
  if (stat(file.c_str(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EACCES;
  return access(file.c_str(), X_OK) == 0 ? 0 : errno;
}

/// 0 if one can change to the directory.
int error_of_entering(std::string const& directory) noexcept {
  struct stat status;
  if (stat(directory.c_str(), &status) != 0) return errno;
  if (!S_ISDIR(status.st_mode)) return ENOTDIR;
  return access(directory.c_str(), X_OK) == 0 ? 0 : errno;
}

}  // namespace

std::string find_program(std::string_view name, std::string_view path, std::string_view cwd) {
  if (name.find('/') != std::string_view::npos) return std::string(name);
  bool forbidden = false;
  for (std::string_view rest = path; !path.empty();) {
    std::size_t const end = rest.find(':');
    std::string_view const directory = rest.substr(0, end);
    std::string file = (directory.empty() ? std::string(".") : std::string(directory)) + '/' + std::string(name);
    int const error = error_of_executing(seen_from_here(file, cwd));
    if (error == 0) return file;
    forbidden = forbidden || error == EACCES;
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  std::string const in = forbidden ? " (no file that may be executed in PATH " : " (not found in PATH ";
  throw_io_error(forbidden ? EACCES : ENOENT, "start " + std::string(name) + in + std::string(path) + ')');
}

void throw_start_error(int error, std::string const& name, std::string const& file, std::string_view cwd) {
  if (!cwd.empty()) {
    std::string const directory(cwd);
    if (int const e = error_of_entering(directory)) throw_io_error(e, "start " + name + " in the directory " + directory);
  }
  std::string const seen = seen_from_here(file, cwd);
  char const* cause = "";
  if (error == EACCES && is_directory(seen)) cause = " (it is a directory)";
  if (error == ENOENT && error_of_executing(seen) == 0) cause = " (the interpreter that it names is missing)";
  throw_io_error(error, "start " + name + cause);
}

}  // namespace halka::detail
