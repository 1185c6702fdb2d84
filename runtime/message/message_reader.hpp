// SPDX-License-Identifier: MIT
#pragma once

#include "message_error.hpp"
#include "message_writer.hpp"

#include "../../io/unique_fd.hpp"
#include "../../sched/compiler.hpp"
#include "../../sched/export.hpp"

#include <cereal/cereal.hpp>
#include <cereal/types/memory.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace halka {

/// A cereal archive that reads what a `message_writer` wrote: `message_reader in(bytes, descriptors); in(number, text);`
///
/// Nothing in the message is trusted: sizes are compared with what is left of it before memory is taken, an object that several
/// `std::shared_ptr` own has one type for all of them, and values that are nested in each other take at most 1 MiB of stack.
///
/// *Errors*: `message_error` if the message is cut off, garbled, or of other types, as far as that can be seen.
/// *Lifetime*: bytes and descriptors must live as long as the reader. Descriptors that are not taken stay their owner's.
class HALKA_API message_reader final : public cereal::InputArchive<message_reader, cereal::AllowEmptyClassElision> {
 public:
  explicit message_reader(std::span<std::byte const> bytes, std::span<unique_fd> descriptors = {}) noexcept;
  /// Reads a large message from its memfd.
  explicit message_reader(unique_fd memory, std::span<unique_fd> descriptors = {});
  message_reader(message_reader const&) = delete;
  message_reader& operator=(message_reader const&) = delete;
  ~message_reader() override;

  template <class... Types>
  message_reader& operator()(Types&&... values) {
    level const inside(*this);
    try {
      InputArchive::operator()(std::forward<Types>(values)...);
    } catch (cereal::Exception const& e) {
      throw_garbled(e.what());
    }
    return *this;
  }

  /// Takes bytes as they are.
  void loadBinary(void* to, std::size_t count) {
    if (count > bytes_.size()) [[unlikely]]
      return load_slowly(to, count);
    if (count > 0) std::memcpy(to, bytes_.data(), count);
    bytes_ = bytes_.subspan(count);
  }

  /// Takes a descriptor that was attached; it can be taken once.
  unique_fd take_descriptor(std::uint32_t index);

  /// The bytes that are not read yet.
  std::size_t remaining() const noexcept { return bytes_.size() + static_cast<std::size_t>(memory_size_ - memory_offset_); }

  /// Throws `message_error` if a container cannot have so many elements, because the message is too short for them.
  void check_count(std::uint64_t elements) const {
    if (elements > remaining()) [[unlikely]]
      throw_too_short();
  }
  [[noreturn]] static void throw_garbled(char const* what);

  // -- what cereal calls to read a std::shared_ptr: it knows objects that came before by their numbers only, whatever their type

  void expect_shared(std::type_info const& type) noexcept { expected_ = &type; }
  std::shared_ptr<void> getSharedPointer(std::uint32_t id);
  void registerSharedPointer(std::uint32_t id, std::shared_ptr<void> object);

 private:
  /// Values in values. The outermost, on whatever thread, says how far down the others may go.
  class level {
   public:
    explicit level(message_reader& in) : in_(in) {
      if (in.depth_ == 0)
        in.stack_limit_ = detail::stack_position() - most_stack;
      else if (detail::stack_position() < in.stack_limit_) [[unlikely]]
        throw_garbled("it is nested too deeply");
      ++in.depth_;
    }
    level(level const&) = delete;
    level& operator=(level const&) = delete;
    ~level() { --in_.depth_; }

   private:
    static constexpr std::uintptr_t most_stack = 1U << 20;  // of the 8 MiB that a thread has
    message_reader& in_;
  };

  void load_slowly(void* to, std::size_t count);
  [[noreturn]] static void throw_too_short();

  std::span<std::byte const> bytes_;  // the rest of the message, or of the part of the memfd that is in the window
  std::span<unique_fd> descriptors_;
  unique_fd memory_;
  std::uint64_t memory_size_ = 0;
  std::uint64_t memory_offset_ = 0;  // behind the window
  std::unique_ptr<std::byte[]> window_;
  std::type_info const* expected_ = nullptr;
  std::vector<std::type_info const*> shared_types_;  // of the objects that std::shared_ptrs own, in the order in which they began
  std::uintptr_t stack_limit_ = 0;
  unsigned depth_ = 0;
};

template <class T>
requires std::is_arithmetic_v<T>
void CEREAL_LOAD_FUNCTION_NAME(message_reader& in, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    std::uint8_t byte = 0;
    in.loadBinary(&byte, 1);
    if (byte > 1) message_reader::throw_garbled("a bool is neither true nor false");
    value = byte == 1;
  } else {
    in.loadBinary(&value, sizeof value);
  }
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(message_reader& in, cereal::BinaryData<T>& data) {
  in.loadBinary(data.data, static_cast<std::size_t>(data.size));
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(message_reader& in, cereal::NameValuePair<T>& pair) {
  in(pair.value);
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(message_reader& in, cereal::SizeTag<T>& tag) {
  in(tag.size);
  in.check_count(tag.size);
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(message_reader& in, cereal::memory_detail::PtrWrapper<std::shared_ptr<T>&>& pointer) {
  in.expect_shared(typeid(T));
  cereal::CEREAL_LOAD_FUNCTION_NAME(in, pointer);
}
template <class T>
requires std::is_empty_v<T>
void prologue(message_reader& in, T const&) {
  std::uint8_t byte = 0;
  in.loadBinary(&byte, 1);
}

/// A descriptor as part of a message: it is sent, not copied, and what arrives is the receiver's own.
inline void CEREAL_SAVE_FUNCTION_NAME(message_writer& out, unique_fd const& fd) {
  out(fd.is_open());
  if (fd.is_open()) out(out.attach(fd.get()));
}
inline void CEREAL_LOAD_FUNCTION_NAME(message_reader& in, unique_fd& fd) {
  bool open = false;
  in(open);
  std::uint32_t index = 0;
  if (open) in(index);
  fd = open ? in.take_descriptor(index) : unique_fd();
}

}  // namespace halka

CEREAL_SETUP_ARCHIVE_TRAITS(halka::message_reader, halka::message_writer)
