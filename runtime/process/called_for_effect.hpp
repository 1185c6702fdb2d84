// SPDX-License-Identifier: MIT
#pragma once

#include "../message/remote_call.hpp"
#include "../run.hpp"

#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace halka::detail {

/// Calls a function whose result nobody wants; a coroutine function runs in a loop of its own.
template <class F, class... Args>
void call_for_effect(F&& fn, Args&&... args) {
  if constexpr (coroutine_result<std::invoke_result_t<F, Args...>>)
    static_cast<void>(halka::run(std::forward<F>(fn), std::forward<Args>(args)...));
  else
    static_cast<void>(std::forward<F>(fn)(std::forward<Args>(args)...));
}

/// What is called in the other process instead of F, for its effect.
template <class F>
struct called_for_effect {
  template <class... Args>
  void operator()(Args&&... args) const {
    call_for_effect(F{}, std::forward<Args>(args)...);
  }
};
template <class R, class... Ps, bool no_throw>
struct called_for_effect<R (*)(Ps...) noexcept(no_throw)> {
  template <class... Args>
  void operator()(code_address const& function, Args&&... args) const {
    call_for_effect(function.resolve<R(Ps...)>(), std::forward<Args>(args)...);
  }
};

/// Keeps a call until it is written.
template <class F, class... Args>
std::function<void(message_writer&)> writer_of_effect(F&& fn, Args&&... args) {
  using function = std::decay_t<F>;
  static_assert(remote_callable<function>, "captures cannot be sent to another process: pass them as arguments");
  using effect = called_for_effect<function>;
  if constexpr (std::is_pointer_v<function>) {
    auto kept =
        std::make_shared<std::tuple<code_address, std::decay_t<Args>...>>(code_address::of(fn), std::forward<Args>(args)...);
    return [kept](message_writer& out) {
      std::apply(
          [&](auto const&... values) { remote_call<effect, code_address, std::decay_t<Args>...>::write(out, {}, values...); },
          *kept);
    };
  } else {
    auto kept = std::make_shared<std::tuple<std::decay_t<Args>...>>(std::forward<Args>(args)...);
    return [kept](message_writer& out) {
      std::apply([&](auto const&... values) { remote_call<effect, std::decay_t<Args>...>::write(out, {}, values...); }, *kept);
    };
  }
}

}  // namespace halka::detail
