// SPDX-License-Identifier: MIT
#include "poller.hpp"

namespace halka {

poller::~poller() = default;

bool poller::spin(inbox const&, clock::time_point) { return false; }

}  // namespace halka
