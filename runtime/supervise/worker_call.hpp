// SPDX-License-Identifier: MIT
#pragma once

// The call that every worker makes. What a worker gets is the address of `worker_call<...>::run`, which knows all the types, the
// function's address if it is a pointer, and the arguments.

#include "../message/remote_call.hpp"
#include "worker.hpp"
#include "worker_state.hpp"

#include <concepts>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace halka::detail {

template <class F, class... Args>
concept takes_worker = std::is_invocable_v<F&, worker&, sent_t<Args>...>;

template <class T>
task<> without_result(task<T> work) {
  if constexpr (std::is_void_v<T>) {
    co_await std::move(work);
  } else {
    T const result = co_await std::move(work);
    static_cast<void>(result);
  }
}

template <class F, class... Args>
struct worker_call {
  static void run(worker& w, worker::state& s, message_reader& in) {
    if constexpr (std::is_pointer_v<F>) {
      code_address address;
      in(address);
      read_and_call(address.resolve<std::remove_pointer_t<F>>(), w, s, in, std::index_sequence_for<Args...>());
    } else {
      read_and_call(F{}, w, s, in, std::index_sequence_for<Args...>());
    }
  }

 private:
  template <std::size_t... index>
  static void read_and_call(F function, worker& w, worker::state& s, message_reader& in, std::index_sequence<index...>) {
    std::tuple<sent_t<Args>...> values;
    (in(std::get<index>(values)), ...);
    auto const call = [&] {
      if constexpr (takes_worker<F, Args...>)
        return function(w, std::get<index>(std::move(values))...);
      else
        return function(std::get<index>(std::move(values))...);
    };
    if constexpr (coroutine_result<decltype(call())>)
      run_worker_loop(w, s, [&] { return without_result(call()); });
    else
      run_worker_function(s, [&] { static_cast<void>(call()); });
  }
};

/// What is written for each worker, and whether it will have a loop.
struct kept_worker_call {
  std::function<void(message_writer&)> write;
  bool in_loop = false;
};

template <class F, class... Args>
kept_worker_call keep_worker_call(F&& fn, Args&&... args) {
  using function = std::decay_t<F>;
  using call = worker_call<function, std::decay_t<Args>...>;
  constexpr bool with_worker = takes_worker<function, std::decay_t<Args>...>;
  constexpr bool without = std::is_invocable_v<function&, sent_t<std::decay_t<Args>>...>;
  static_assert(remote_callable<function>, "captures cannot be sent to another process: pass them as arguments");
  static_assert(
      with_worker || without,
      "the function cannot be called with these arguments: a worker& comes first, if it wants one, and each argument arrives "
      "as a value of its own, text as a std::string");
  (check_sendable<sent_t<std::decay_t<Args>>>(), ...);
  kept_worker_call kept;
  if constexpr (remote_callable<function> && (with_worker || without)) {
    auto values = std::make_shared<std::tuple<std::decay_t<F>, sent_t<std::decay_t<Args>>...>>(std::forward<F>(fn),
                                                                                               std::forward<Args>(args)...);
    kept.write = [values](message_writer& out) {
      out(code_address::of(&call::run));
      std::apply(
          [&](function const& f, auto const&... value) {
            if constexpr (std::is_pointer_v<function>) out(code_address::of(f));
            (out(value), ...);
          },
          *values);
    };
    if constexpr (with_worker)
      kept.in_loop = coroutine_result<std::invoke_result_t<function&, worker&, sent_t<std::decay_t<Args>>...>>;
    else
      kept.in_loop = coroutine_result<std::invoke_result_t<function&, sent_t<std::decay_t<Args>>...>>;
  }
  return kept;
}

}  // namespace halka::detail
