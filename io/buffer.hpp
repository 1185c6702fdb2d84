// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <ranges>
#include <string_view>
#include <type_traits>

namespace halka {

namespace detail {

template <class T>
concept byte_like = std::same_as<T, char> || std::same_as<T, unsigned char> || std::same_as<T, signed char> ||
    std::same_as<T, std::byte> || std::same_as<T, char8_t>;

template <class R>
concept byte_range = std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
    byte_like<std::remove_const_t<std::ranges::range_value_t<R>>>;

}  // namespace detail

/// Bytes that are read from: of a string, a literal (without its terminating zero), or any contiguous range of a byte type.
///
/// *Lifetime*: it refers to them.
class const_buffer {
 public:
  const_buffer() noexcept = default;
  const_buffer(void const* data, std::size_t size) noexcept : data_(static_cast<char const*>(data)), size_(size) {}
  const_buffer(char const* text) noexcept : const_buffer(std::string_view(text)) {}
  const_buffer(std::string_view text) noexcept : data_(text.data()), size_(text.size()) {}
  template <detail::byte_range R>
  requires(!std::is_array_v<std::remove_cvref_t<R>>) const_buffer(R const& range)
  noexcept : const_buffer(std::ranges::data(range), std::ranges::size(range)) {}

  char const* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::string_view text() const noexcept { return {data_, size_}; }
  /// Without the first `n` bytes.
  const_buffer after(std::size_t n) const noexcept { return {data_ + n, size_ - n}; }

 private:
  char const* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Bytes that are written to: any contiguous range of a byte type.
///
/// *Lifetime*: it refers to them.
class mutable_buffer {
 public:
  mutable_buffer() noexcept = default;
  mutable_buffer(void* data, std::size_t size) noexcept : data_(static_cast<char*>(data)), size_(size) {}
  template <detail::byte_range R>
  requires(!std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R>>> &&
           (std::is_lvalue_reference_v<R> || std::ranges::borrowed_range<R>)) mutable_buffer(R&& range)
  noexcept : mutable_buffer(std::ranges::data(range), std::ranges::size(range)) {}

  char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  /// Without the first `n` bytes.
  mutable_buffer after(std::size_t n) const noexcept { return {data_ + n, size_ - n}; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

namespace detail {

/// The kernel takes at most this much in one operation; more is asked for in parts.
inline constexpr std::size_t longest_transfer = std::size_t{1} << 30;

inline unsigned transfer_length(std::size_t size) noexcept {
  return static_cast<unsigned>(size < longest_transfer ? size : longest_transfer);
}

}  // namespace detail

}  // namespace halka
