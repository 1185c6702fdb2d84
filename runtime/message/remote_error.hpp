// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace halka {

class message_reader;
class message_writer;

/// An exception that was thrown in another process, told here. `what()` names its type and has its text: "std::runtime_error: no
/// such user", with those that are nested in it, or that are members of the group that it is.
///
/// *Source*: Python's RemoteTraceback.
class HALKA_API remote_error : public std::runtime_error {
 public:
  /// To be read into.
  remote_error();
  /// Tells the exception that is being handled. *Result*: the stack at its throw is part of it where throws are traced.
  static remote_error current();
  remote_error(remote_error const&) noexcept;
  remote_error& operator=(remote_error const&) noexcept;
  ~remote_error() override;

  char const* what() const noexcept override;
  /// The type, as one writes it: "std::out_of_range", "int".
  std::string_view type_name() const noexcept;
  /// What its own `what()` said; a number or a text if that was thrown.
  std::string_view message() const noexcept;
  /// The `std::error_code` of a `std::system_error`: "generic:2". Empty for others.
  std::string_view code() const noexcept;
  /// The functions in which it was first thrown, innermost first, a line each: "  at parse (reader.cpp:12)". Empty if it is not
  /// known.
  std::string_view traceback() const noexcept;

  void save(message_writer& out) const;
  void load(message_reader& in);

 private:
  struct content;
  explicit remote_error(std::shared_ptr<content const> told) noexcept;

  std::shared_ptr<content const> content_;
};

}  // namespace halka
