// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "buffer.hpp"
#include "io_operation.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace halka {

class file_state;

/// A copy of what was written to a file and had not reached the kernel when a read at an offset began.
struct unwritten_bytes {
  std::uint64_t at;   // where `text` begins
  std::string text;   // as much of it as the read covers
  std::uint64_t end;  // where the file ends at least
};

/// One read at an offset of a file.
struct HALKA_API file_read_request {
  using result_type = std::size_t;
  void prepare(io_operation& op);
  std::size_t finish(io_operation const& op) const;

  file_state* file;  // lifetime: the caller's file, until the await ends
  mutable_buffer into;
  std::uint64_t offset;
  bool sequential;  // the file asks for itself, and has nothing unwritten
  std::unique_ptr<unwritten_bytes> unwritten = nullptr;
};

/// One write, which may take less than all.
struct HALKA_API file_write_request {
  using result_type = std::size_t;
  void prepare(io_operation& op) const;
  std::size_t finish(io_operation const& op) const;

  file_state* file;  // lifetime: the caller's file, until the await ends
  const_buffer from;
  std::uint64_t offset;
};

/// The same when the data would be lost otherwise.
struct certain_file_write_request : file_write_request {
  static constexpr bool must_happen = true;
};

}  // namespace halka
