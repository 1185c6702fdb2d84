// SPDX-License-Identifier: MIT
#pragma once

#include "message_types.hpp"

#include <functional>
#include <span>
#include <string_view>
#include <type_traits>

namespace halka {

namespace detail {

template <class T>
inline constexpr bool is_view = false;
template <class C, class Traits>
inline constexpr bool is_view<std::basic_string_view<C, Traits>> = true;
template <class T, std::size_t n>
inline constexpr bool is_view<std::span<T, n>> = true;

template <class T>
inline constexpr bool is_reference_or_pointer = std::is_reference_v<T> || std::is_pointer_v<T> || std::is_member_pointer_v<T>;
template <class T>
inline constexpr bool is_reference_or_pointer<std::reference_wrapper<T>> = true;

/// Whether cereal has one way to write and one way to read the type itself; what a container holds is not looked at.
template <class T>
inline constexpr bool archivable = !is_view<T> && !is_reference_or_pointer<T> && !std::is_array_v<T> &&
                                   (std::is_empty_v<T> || (cereal::traits::is_output_serializable<T, message_writer>::value &&
                                                           cereal::traits::is_input_serializable<T, message_reader>::value));

/// Whether what the type holds can be sent: the elements of the standard library's containers, and nothing to look at elsewhere.
template <class T>
inline constexpr bool parts_archivable = true;
template <class T>
inline constexpr bool whole_archivable = archivable<T>&& parts_archivable<std::remove_cv_t<T>>;

template <class T, class A>
inline constexpr bool parts_archivable<std::vector<T, A>> = whole_archivable<T>;
template <class T, class A>
inline constexpr bool parts_archivable<std::deque<T, A>> = whole_archivable<T>;
template <class T, class A>
inline constexpr bool parts_archivable<std::list<T, A>> = whole_archivable<T>;
template <class T, std::size_t n>
inline constexpr bool parts_archivable<std::array<T, n>> = whole_archivable<T>;
template <class T>
inline constexpr bool parts_archivable<std::optional<T>> = whole_archivable<T>;
template <class... Ts>
inline constexpr bool parts_archivable<std::tuple<Ts...>> = (whole_archivable<Ts> && ...);
template <class... Ts>
inline constexpr bool parts_archivable<std::variant<Ts...>> = (whole_archivable<Ts> && ...);
template <class A, class B>
inline constexpr bool parts_archivable<std::pair<A, B>> = whole_archivable<A>&& whole_archivable<B>;
template <class K, class C, class A>
inline constexpr bool parts_archivable<std::set<K, C, A>> = whole_archivable<K>;
template <class K, class C, class A>
inline constexpr bool parts_archivable<std::multiset<K, C, A>> = whole_archivable<K>;
template <class K, class H, class E, class A>
inline constexpr bool parts_archivable<std::unordered_set<K, H, E, A>> = whole_archivable<K>;
template <class K, class H, class E, class A>
inline constexpr bool parts_archivable<std::unordered_multiset<K, H, E, A>> = whole_archivable<K>;
template <class K, class V, class C, class A>
inline constexpr bool parts_archivable<std::map<K, V, C, A>> = whole_archivable<K>&& whole_archivable<V>;
template <class K, class V, class C, class A>
inline constexpr bool parts_archivable<std::multimap<K, V, C, A>> = whole_archivable<K>&& whole_archivable<V>;
template <class K, class V, class H, class E, class A>
inline constexpr bool parts_archivable<std::unordered_map<K, V, H, E, A>> = whole_archivable<K>&& whole_archivable<V>;
template <class K, class V, class H, class E, class A>
inline constexpr bool parts_archivable<std::unordered_multimap<K, V, H, E, A>> = whole_archivable<K>&& whole_archivable<V>;
// A class with virtual functions is written by what it is at run time, which cereal looks up (CEREAL_REGISTER_TYPE).
template <class T, class D>
inline constexpr bool parts_archivable<std::unique_ptr<T, D>> = std::is_polymorphic_v<T> || whole_archivable<T>;
template <class T>
inline constexpr bool parts_archivable<std::shared_ptr<T>> = std::is_polymorphic_v<T> || whole_archivable<T>;

}  // namespace detail

/// A type whose values can be sent to another process: numbers, enumerations, `std::string`, the containers and the other value
/// types of the standard library made of them, `unique_fd`, and every class with a `serialize` function for cereal. References,
/// pointers and views cannot: they mean nothing elsewhere.
template <class T>
concept sendable = std::is_object_v<T> && detail::whole_archivable<std::remove_cv_t<T>> && std::is_default_constructible_v<T> &&
    std::is_move_constructible_v<T>;

namespace detail {

/// Says at compile time why a type cannot be sent, and what to do.
template <class T>
constexpr void check_sendable() noexcept {
  using V = std::remove_cvref_t<T>;
  static_assert(!is_view<V> && !std::is_same_v<std::decay_t<V>, char const*> && !std::is_same_v<std::decay_t<V>, char*>,
                "a view of text or of an array cannot be sent to another process: pass a std::string or a std::vector");
  if constexpr (!is_view<V> && !std::is_same_v<std::decay_t<V>, char const*> && !std::is_same_v<std::decay_t<V>, char*>) {
    static_assert(!is_reference_or_pointer<V>, "a pointer or reference means nothing in another process: pass the value itself");
    static_assert(is_reference_or_pointer<V> || whole_archivable<V>,
                  "this type cannot be sent to another process: give it (and what it holds) a member template<class Archive> void "
                  "serialize(Archive& archive) { archive(members...); }");
    static_assert(is_reference_or_pointer<V> || !whole_archivable<V> || std::is_default_constructible_v<V>,
                  "this type cannot be received from another process: give it a default constructor");
    static_assert(is_reference_or_pointer<V> || !whole_archivable<V> || std::is_move_constructible_v<V>,
                  "this type cannot be received from another process: it cannot be moved");
  }
}

}  // namespace detail

}  // namespace halka
