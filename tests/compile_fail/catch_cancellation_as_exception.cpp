// SPDX-License-Identifier: MIT
// expect: invalid initialization of reference|non-const lvalue reference|no viable conversion|cannot bind
// A handler of std::exception does not swallow a cancellation.
#include <halka/halka.hpp>

#include <exception>
#include <type_traits>

static_assert(!std::is_base_of_v<std::exception, halka::cancelled_error>);
static_assert(!std::is_base_of_v<std::exception, halka::keyboard_interrupt>);
static_assert(std::is_base_of_v<std::exception, halka::timeout_error>);
static_assert(std::is_base_of_v<std::exception, halka::exception_group>);

#ifdef HALKA_CONTROL
halka::timeout_error error;
#else
halka::cancelled_error error;
#endif
std::exception const& caught = error;
