// SPDX-License-Identifier: MIT
#include "stream_errors.hpp"

#include <utility>

namespace halka {

namespace {

std::string incomplete(std::size_t partial, std::optional<std::size_t> expected) {
  std::string const wanted = expected ? std::to_string(*expected) + " bytes" : std::string("a separator");
  return "the input ended after " + std::to_string(partial) + " bytes, before " + wanted;
}

}  // namespace

incomplete_read_error::incomplete_read_error(std::string partial, std::optional<std::size_t> expected)
    : std::runtime_error(incomplete(partial.size(), expected)), partial_(std::move(partial)), expected_(expected) {}
incomplete_read_error::incomplete_read_error(incomplete_read_error const&) = default;
incomplete_read_error& incomplete_read_error::operator=(incomplete_read_error const&) = default;
incomplete_read_error::~incomplete_read_error() = default;

limit_overrun_error::limit_overrun_error(std::string const& what, std::size_t consumed)
    : std::runtime_error(what), consumed_(consumed) {}
limit_overrun_error::limit_overrun_error(limit_overrun_error const&) noexcept = default;
limit_overrun_error& limit_overrun_error::operator=(limit_overrun_error const&) noexcept = default;
limit_overrun_error::~limit_overrun_error() = default;

}  // namespace halka
