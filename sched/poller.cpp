// SPDX-License-Identifier: MIT
#include "poller.hpp"

namespace halka {

poller::~poller() = default;

}  // namespace halka
