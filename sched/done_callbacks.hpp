// SPDX-License-Identifier: MIT
#pragma once

#include "callback.hpp"
#include "export.hpp"
#include "waiter.hpp"

#include <cstddef>
#include <cstdint>

namespace halka {

/// Registers `c` in `waiters`: it is queued on `loop` when they are notified. Takes the caller's reference over. The result names
/// the registration.
HALKA_API std::uint64_t add_done_callback(waiter_list& waiters, event_loop& loop, callback& c);

/// Removes a registration; 1 if it was there, else 0.
HALKA_API std::size_t remove_done_callback(waiter_list& waiters, std::uint64_t id) noexcept;

/// Destroys all registrations: what they wait for will never come. There must be no other waiters.
HALKA_API void drop_done_callbacks(waiter_list& waiters) noexcept;

}  // namespace halka
