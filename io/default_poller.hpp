// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "../sched/poller.hpp"
#include "backend.hpp"

#include <memory>

namespace halka {

/// The poller for a loop that nobody gave another one. What is wanted comes first, then the environment variable HALKA_BACKEND,
/// then io_uring. There is no probe: the ring that is made is the ring that the loop uses, so the answer cannot be another one
/// later.
///
/// Where nobody asked for io_uring, epoll takes its place if the kernel does not have it (ENOSYS, EOPNOTSUPP), has too little of it
/// (EINVAL), forbids it (EPERM, EACCES), or has no memory for the smallest ring (ENOMEM); for any other refusal too, but for a lack
/// of descriptors. All but those of memory are remembered: later loops of the process do not ask again.
///
/// *Errors*: `std::invalid_argument` if HALKA_BACKEND or HALKA_KERNEL_FEATURES says something that it cannot. `std::system_error`
/// if descriptors have run out, or io_uring was asked for and is refused; the text names the cause and a remedy. *Thread safety*:
/// to be called by the thread that will run the loop.
HALKA_API std::unique_ptr<poller> make_default_poller(backend_kind wanted = backend_kind::automatic);

}  // namespace halka
