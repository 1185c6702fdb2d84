// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>

namespace halka {

/// The input of a stream ended before a read had all that it wanted.
///
/// *Source*: asyncio.IncompleteReadError.
class HALKA_API incomplete_read_error : public std::runtime_error {
 public:
  incomplete_read_error(std::string partial, std::optional<std::size_t> expected);
  incomplete_read_error(incomplete_read_error const&);
  incomplete_read_error& operator=(incomplete_read_error const&);
  ~incomplete_read_error() override;

  /// What there was; the stream does not have it any more.
  std::string const& partial() const noexcept { return partial_; }
  /// The number of bytes wanted; none for a read up to a separator.
  std::optional<std::size_t> expected() const noexcept { return expected_; }

 private:
  std::string partial_;
  std::optional<std::size_t> expected_;
};

/// A separator did not come within the limit of a stream.
///
/// *Source*: asyncio.LimitOverrunError.
class HALKA_API limit_overrun_error : public std::runtime_error {
 public:
  limit_overrun_error(std::string const& what, std::size_t consumed);
  limit_overrun_error(limit_overrun_error const&) noexcept;
  limit_overrun_error& operator=(limit_overrun_error const&) noexcept;
  ~limit_overrun_error() override;

  /// How many bytes to skip before looking again.
  std::size_t consumed() const noexcept { return consumed_; }

 private:
  std::size_t consumed_;
};

}  // namespace halka
