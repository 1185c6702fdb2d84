// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/poller.hpp"

#include <memory>

namespace halka {

/// The poller for a loop that nobody gave another one: io_uring.
///
/// *Errors*: `std::system_error` (when it is attached) if the kernel refuses; the text names the cause and a remedy.
std::unique_ptr<poller> make_default_poller();

}  // namespace halka
