// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"

#include <concepts>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace halka {

namespace detail {

template <class T>
concept argument_text = std::convertible_to<T const&, std::string_view> || std::convertible_to<T const&, std::string>;
template <class T>
concept argument_number = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

/// What can be an argument: a text, a path, or a whole number.
template <class T>
concept command_argument = argument_text<std::remove_cvref_t<T>> || argument_number<std::remove_cvref_t<T>>;

template <class R>
concept argument_range =
    std::ranges::input_range<R> && !argument_text<std::remove_cvref_t<R>> && command_argument<std::ranges::range_reference_t<R>>;

}  // namespace detail

/// A program and its arguments: `command("ls", "-l", directory)`. No shell looks at them, so nothing needs quoting.
class HALKA_API command {
 public:
  /// The name is looked up in the PATH if it has no slash.
  template <detail::command_argument Program, detail::command_argument... Args>
  requires detail::argument_text<std::remove_cvref_t<Program>>
  explicit command(Program const& program, Args const&... arguments) {
    arguments_.reserve(1 + sizeof...(Args));
    arg(program);
    (arg(arguments), ...);
  }
  /// From a range whose first element is the program's name.
  template <detail::argument_range R>
  explicit command(R&& all) {
    args(std::forward<R>(all));
  }
  command(command const&) = default;
  command(command&&) noexcept = default;
  command& operator=(command const&) = default;
  command& operator=(command&&) noexcept = default;
  ~command() = default;

  /// Appends an argument.
  template <detail::command_argument T>
  command& arg(T const& value) & {
    if constexpr (detail::argument_number<T>)
      arguments_.push_back(std::to_string(value));
    else if constexpr (std::convertible_to<T const&, std::string_view>)
      arguments_.emplace_back(std::string_view(value));
    else
      arguments_.push_back(static_cast<std::string>(value));
    return *this;
  }
  template <detail::command_argument T>
  command&& arg(T const& value) && {
    return std::move(arg(value));
  }

  /// Appends those of a range.
  template <detail::argument_range R>
  command& args(R&& values) & {
    for (auto const& value : values) arg(value);
    return *this;
  }
  template <detail::argument_range R>
  command&& args(R&& values) && {
    return std::move(args(std::forward<R>(values)));
  }

  /// The name and the arguments.
  std::vector<std::string> const& arguments() const noexcept { return arguments_; }

  /// As one would type it in a shell, with quotes where they are needed.
  std::string to_string() const;

 private:
  std::vector<std::string> arguments_;
};

}  // namespace halka
