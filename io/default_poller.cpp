// SPDX-License-Identifier: MIT
#include "default_poller.hpp"

#include "uring/uring_backend.hpp"

namespace halka {

std::unique_ptr<poller> make_default_poller() { return std::make_unique<uring_backend>(); }

}  // namespace halka
