// SPDX-License-Identifier: MIT
#include "file.hpp"

#include "ops/open.hpp"

#include <cerrno>
#include <stdexcept>
#include <utility>

namespace halka {

class file_opener {
 public:
  static task<file> open(std::string path, file_mode mode, unsigned permissions, std::source_location here) {
    unique_fd fd = co_await io::open(path, mode.flags, permissions, here);
    co_return file(std::make_unique<file_state>(std::move(fd), std::move(path), mode));
  }
};

file::file() noexcept = default;
file::file(std::unique_ptr<file_state> state) noexcept : state_(std::move(state)) {}
file::file(file&&) noexcept = default;
file& file::operator=(file&&) noexcept = default;
file::~file() = default;

void file::throw_none(char const* what) { detail::throw_io_error(EBADF, std::string(what) + ": no file"); }

file_lines file::lines() noexcept { return file_lines(*this); }

task<> file::close() {
  if (is_open()) co_await state_->close();
  co_return;
}

bool file::is_open() const noexcept { return state_ && state_->is_open(); }

std::string const& file::path() const noexcept {
  static std::string const none;
  return state_ ? state_->path() : none;
}

int file::fd() const noexcept { return state_ ? state_->fd() : -1; }

file_statistics file::statistics() const noexcept { return state_ ? state_->statistics() : file_statistics(); }

task<std::optional<std::string>> file_lines::next() {
  std::string line = co_await file_->read_line();
  if (line.empty()) co_return std::nullopt;
  co_return std::optional<std::string>(std::move(line));
}

task<file> open_file(std::string path, std::string_view mode, file_options const& options, std::source_location here) {
  if (path.find('\0') != std::string::npos) throw std::invalid_argument("open_file: the path contains a zero byte");
  return file_opener::open(std::move(path), file_mode::parse(mode), options.permissions, here);
}

task<std::uint64_t> send_file(stream& to, file& from, std::uint64_t count) { return from.state("send").send_to(to, count); }

}  // namespace halka
