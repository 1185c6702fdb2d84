// SPDX-License-Identifier: MIT
#include "temporary.hpp"

#include "../../io/ops/make_directory.hpp"
#include "../../sched/report.hpp"
#include "directory.hpp"
#include "system_call.hpp"
#include "tree_removal.hpp"
#include "unlink_certainly.hpp"

#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <random>
#include <stop_token>
#include <system_error>
#include <utility>

namespace halka::fs {

namespace {

constexpr int most_attempts = 100;

/// A path that nobody has, most probably.
std::string random_path(std::string const& beginning) {
  static constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::string path = beginning;
  for (int i = 0; i < 10; ++i) path += letters[random() % letters.size()];
  return path;
}

std::string beginning_of(temporary_options const& options) {
  std::string directory(options.directory);
  if (directory.empty()) {
    char const* const set = std::getenv("TMPDIR");
    directory = set && *set ? set : "/tmp";
  }
  return detail::checked(directory + '/' + std::string(options.prefix));
}

bool is_taken(std::system_error const& e) noexcept { return e.code().value() == EEXIST; }

task<scratch_directory> make_scratch_directory(std::string beginning) {
  for (int attempt = 1;; ++attempt) {
    std::string path = random_path(beginning);
    try {
      co_await io::make_directory(path, 0700);
      co_return scratch_directory(std::move(path));
    } catch (std::system_error const& e) {
      if (!is_taken(e) || attempt == most_attempts) throw;
    }
  }
}

task<scratch_file> make_scratch_file(std::string beginning, std::source_location here) {
  for (int attempt = 1;; ++attempt) {
    std::string path = random_path(beginning);
    try {
      file f = co_await open_file(std::move(path), "x+", {.permissions = 0600}, here);
      co_return scratch_file(std::move(f));
    } catch (std::system_error const& e) {
      if (!is_taken(e) || attempt == most_attempts) throw;
    }
  }
}

}  // namespace

scratch_directory& scratch_directory::operator=(scratch_directory&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

scratch_directory::~scratch_directory() {
  if (path_.empty()) return;
  try {
    detail::remove_tree_blocking({}, path_);
  } catch (std::system_error const& e) {
    if (e.code().value() != ENOENT) report("a temporary directory could not be removed: " + std::string(e.what()));
  } catch (...) {
    report("a temporary directory could not be removed: " + path_);
  }
}

task<> scratch_directory::close() {
  if (path_.empty()) co_return;
  co_await remove_tree(path_);
  path_.clear();
}

scratch_file::scratch_file(file f) noexcept : file(std::move(f)), is_there_(is_open()) {}

scratch_file::scratch_file(scratch_file&& other) noexcept
    : file(std::move(static_cast<file&>(other))), is_there_(std::exchange(other.is_there_, false)) {}

scratch_file& scratch_file::operator=(scratch_file&& other) noexcept {
  scratch_file old(std::move(*this));
  file::operator=(std::move(static_cast<file&>(other)));
  is_there_ = std::exchange(other.is_there_, false);
  return *this;
}

scratch_file::~scratch_file() {
  if (is_there_) ::unlink(path().c_str());
}

task<> scratch_file::close() {
  std::exception_ptr error;
  try {
    co_await file::close();
  } catch (...) {
    error = std::current_exception();
  }
  if (!is_open() && std::exchange(is_there_, false)) co_await detail::unlink_certainly(path());
  if (error) std::rethrow_exception(error);
}

task<scratch_directory> temporary_directory(temporary_options const& options) {
  return make_scratch_directory(beginning_of(options));
}

task<scratch_file> temporary_file(temporary_options const& options, std::source_location here) {
  return make_scratch_file(beginning_of(options), here);
}

}  // namespace halka::fs
