// SPDX-License-Identifier: MIT
#pragma once

// A call that is made in another process of the same program. What travels is the address of `remote_call<...>::run`, which knows
// all the types, then what it needs: the function's address if the callable is a pointer, and the arguments.

#include "code_address.hpp"
#include "message_reader.hpp"
#include "message_writer.hpp"
#include "sendable.hpp"
#include "throw_trace.hpp"

#include "../../sched/export.hpp"

#include <concepts>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace halka {

/// A function, or a lambda that captures nothing: what can be called in another process.
template <class F>
concept remote_callable = std::is_function_v<std::remove_pointer_t<F>> ||
    (std::is_class_v<F>&& std::is_empty_v<F>&& std::is_default_constructible_v<F>);

namespace detail {

template <class T>
struct sent_argument {
  using type = T;
};
template <>
struct sent_argument<char const*> {
  using type = std::string;
};
template <>
struct sent_argument<char*> {
  using type = std::string;
};
template <>
struct sent_argument<std::string_view> {
  using type = std::string;
};

/// As what it is handed over: text that may be written as text that may not.
template <class T>
using given_t = std::conditional_t<std::is_same_v<T, char*>, char const*, T>;

/// As what an argument travels: its value; text as a std::string.
template <class T>
using sent_t = typename sent_argument<std::decay_t<T>>::type;

template <class T>
decltype(auto) as_sent(given_t<T> const& value) {
  if constexpr (std::is_same_v<sent_t<T>, T>)
    return static_cast<T const&>(value);
  else
    return sent_t<T>(value);
}

template <class R>
concept coroutine_result = requires {
  typename R::promise_type;
};

template <class F, class... Sent>
struct remote_result {
  using type = void;
};
template <class F, class... Sent>
requires std::is_invocable_v<F&, Sent...>
struct remote_result<F, Sent...> {
  using type = std::decay_t<std::invoke_result_t<F&, Sent...>>;
};

/// Says at compile time why a call cannot be made in another process, and what to do. *Result*: whether it can.
template <class F, class... Args>
constexpr bool check_remote_call() noexcept {
  using result = typename remote_result<F, sent_t<Args>...>::type;
  static_assert(
      remote_callable<F> || !std::is_member_pointer_v<F>,
      "a member function cannot be called in another process: pass a lambda that calls it, and the object as an argument");
  static_assert(remote_callable<F> || std::is_member_pointer_v<F>,
                "captures cannot be sent to another process: pass them as arguments");
  if constexpr (remote_callable<F>) {
    constexpr bool invocable = std::is_invocable_v<F&, sent_t<Args>...>;
    constexpr bool wants_token = !invocable && std::is_invocable_v<F&, std::stop_token, sent_t<Args>...>;
    static_assert(!wants_token,
                  "a std::stop_token cannot reach another process: leave it out, cancelling the call kills its worker");
    static_assert(invocable || wants_token,
                  "the function cannot be called with these arguments: each arrives as a value of its own, text as a std::string");
    static_assert(!coroutine_result<result>,
                  "a coroutine runs no event loop in the worker: call halka::run inside a plain function");
    (check_sendable<sent_t<Args>>(), ...);
    if constexpr (!std::is_void_v<result> && !coroutine_result<result>) check_sendable<result>();
    return invocable && !coroutine_result<result> && (sendable<sent_t<Args>> && ...) &&
           (std::is_void_v<result> || sendable<result>);
  } else {
    return false;
  }
}

}  // namespace detail

/// A call of `F` with `Args`, both decayed. *Errors*, at compile time: what stands in the way, with the remedy.
template <class F, class... Args>
struct remote_call {
  /// What the function returns, as a value.
  using result = typename detail::remote_result<F, detail::sent_t<Args>...>::type;

  /// Writes the call. *Errors*: those of `message_writer` and `code_address::of`.
  static void write(message_writer& out, F const& function, detail::given_t<Args> const&... args) {
    if constexpr (detail::check_remote_call<F, Args...>()) {
      out(code_address::of(&run));
      if constexpr (std::is_pointer_v<F>) out(code_address::of(function));
      (out(detail::as_sent<Args>(args)), ...);
    }
  }

 private:
  /// In the other process: reads the call, makes it, writes its result.
  static void run(message_reader& in, message_writer& out) {
    if constexpr (std::is_pointer_v<F>) {
      code_address address;
      in(address);
      call(address.resolve<std::remove_pointer_t<F>>(), in, out);
    } else {
      F function{};
      call(function, in, out);
    }
  }

  template <class Function>
  static void call(Function&& function, message_reader& in, message_writer& out) {
    std::tuple<detail::sent_t<Args>...> values;
    read_and_call(function, values, in, out, std::index_sequence_for<Args...>());
  }

  template <class Function, std::size_t... index>
  static void read_and_call(Function&& function, [[maybe_unused]] auto& values, message_reader& in, message_writer& out,
                            std::index_sequence<index...>) {
    (in(std::get<index>(values)), ...);
    detail::throw_trace_end const end(__builtin_frame_address(0));
    // Arguments are converted as where a function is called by its name; whether that was meant is not said here.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wfloat-conversion"
    if constexpr (std::is_void_v<result>) {
      function(std::move(std::get<index>(values))...);
    } else {
      result value = function(std::move(std::get<index>(values))...);
      out(std::as_const(value));
      if (!out.descriptors().empty()) out.keep(std::make_shared<result>(std::move(value)));
    }
#pragma GCC diagnostic pop
  }
};

/// The call that a callable and arguments, as they are passed, stand for.
template <class F, class... Args>
using remote_call_of = remote_call<std::decay_t<F>, std::decay_t<Args>...>;

/// In a worker: makes the call that `in` tells, and writes its result. *Errors*: what the call throws; `message_error` if there is
/// no call in the message.
HALKA_API void run_remote_call(message_reader& in, message_writer& out);

}  // namespace halka
