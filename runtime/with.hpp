// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/awaitable.hpp"
#include "../sched/compiler.hpp"
#include "../sched/export.hpp"
#include "../sched/task.hpp"
#include "body.hpp"
#include "cancel_scope.hpp"

#include <concepts>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

namespace halka {

namespace detail {

/// Ends a `with` block: throws the body's error, else the one of closing; of two errors the second is reported.
HALKA_API void leave_with(std::exception_ptr body, std::exception_ptr closing);

template <class Resource>
concept closes_awaitably = awaitable<decltype(std::declval<Resource&>().close())>;
template <class Resource>
concept closeable = requires(Resource& r) {
  r.close();
};

template <class Resource>
task<> close_resource(Resource& resource) {
  if constexpr (closes_awaitably<Resource>)
    co_await resource.close();
  else
    resource.close();
  co_return;
}

template <class Resource, class F>
task<body_result_t<F, std::remove_reference_t<Resource>&>> run_with(Resource resource, F body) {
  body_value<body_result_t<F, std::remove_reference_t<Resource>&>> value;
  std::exception_ptr error;
  std::exception_ptr closing_error;
  try {
    co_await run_body(value, body, resource);
  } catch (...) {
    error = std::current_exception();
  }
  try {
    cancel_scope closing({.shield = true});
    co_await closing.run([&] { return close_resource(resource); });
  } catch (...) {
    closing_error = std::current_exception();
  }
  leave_with(std::move(error), std::move(closing_error));
  co_return value.take();
}

}  // namespace detail

/// Runs `body(resource)` and then closes the resource with its `close()`, awaited if that can be awaited, on every way out.
///
/// *Suspends*: until the body has ended and the resource is closed. Closing is shielded: a cancellation that comes meanwhile is
/// delivered at the next suspension after it. *Result*: what the body returns. *Errors*: the body's, else those of closing; if both
/// fail, the body's is thrown and the other goes to the exception handler. *Lifetime*: a resource given as an rvalue is moved in
/// and destroyed at the end; one given by name must outlive the call. *Source*: Python's `async with`.
template <class Resource, class F>
requires detail::closeable<std::remove_reference_t<Resource>> && std::invocable < std::decay_t<F>
&, std::remove_reference_t<Resource>& > auto with(Resource&& resource, F&& body) {
  detail::check_callable<F>();
  // Resource deduces as a reference for a named resource and as a value for an rvalue, which is just what run_with should hold.
  return detail::run_with<Resource, std::decay_t<F>>(std::forward<Resource>(resource), std::forward<F>(body));
}

}  // namespace halka
