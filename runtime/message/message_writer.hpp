// SPDX-License-Identifier: MIT
#pragma once

#include "message_store.hpp"

#include "../../sched/export.hpp"

#include <cereal/cereal.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace halka {

/// A cereal archive that writes values for another process of this program: `message_writer out; out(number, text);`
///
/// Types are written by their `serialize` or `save` function, as to any archive of cereal. Descriptors travel beside the bytes.
///
/// *Errors*: `std::system_error` "message of N bytes: ..." if there is no memory for a large message; what the functions of the
/// types throw. The message is then of no use but to be cleared.
class HALKA_API message_writer final : public cereal::OutputArchive<message_writer, cereal::AllowEmptyClassElision> {
 public:
  message_writer() noexcept : OutputArchive(this) {}
  message_writer(message_writer const&) = delete;
  message_writer& operator=(message_writer const&) = delete;
  ~message_writer() override = default;

  /// Appends bytes as they are.
  void saveBinary(void const* bytes, std::size_t count) { store_.append(bytes, count); }

  /// Lets a descriptor travel with the message; it must stay open until the message is sent. *Result*: its index, for
  /// `message_reader::take_descriptor`.
  std::uint32_t attach(int fd) { return store_.attach(fd); }
  /// Keeps what owns the attached descriptors until the message is cleared.
  void keep(std::shared_ptr<void const> owner) noexcept { store_.keep(std::move(owner)); }

  std::size_t size() const noexcept { return store_.size(); }
  /// The bytes of a message that is not large; empty if it has a memory().
  std::span<std::byte const> bytes() const noexcept { return store_.bytes(); }
  std::span<int const> descriptors() const noexcept { return store_.descriptors(); }

  /// The memfd that holds the bytes of a message of more than 64 KiB; else -1. It stays the writer's.
  int memory() const { return store_.memory(); }

  /// Begins a new message. The memory of small ones is kept.
  void clear() noexcept;

 private:
  explicit message_writer(detail::message_store&& store) noexcept : OutputArchive(this), store_(std::move(store)) {}

  mutable detail::message_store store_;  // memory() writes down what is still in the block
};

template <class T>
requires std::is_arithmetic_v<T>
void CEREAL_SAVE_FUNCTION_NAME(message_writer& out, T const& value) { out.saveBinary(&value, sizeof value); }
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(message_writer& out, cereal::BinaryData<T> const& data) {
  out.saveBinary(data.data, static_cast<std::size_t>(data.size));
}
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(message_writer& out, cereal::NameValuePair<T> const& pair) {
  out(pair.value);
}
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(message_writer& out, cereal::SizeTag<T> const& tag) {
  out(tag.size);
}

/// Every element of a container takes at least a byte, so that the number of elements can be checked before there is memory for
/// them.
template <class T>
requires std::is_empty_v<T>
void prologue(message_writer& out, T const&) { out(std::uint8_t{0}); }

}  // namespace halka
