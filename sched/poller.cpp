// SPDX-License-Identifier: MIT
#include "poller.hpp"

#include <stdexcept>
#include <string>

namespace halka {

poller::~poller() = default;

void poller::watch_signal(int, std::function<void()>&&) {
  throw std::logic_error("this loop has no signals: its poller is a " + std::string(name_));
}

bool poller::unwatch_signal(int) { return false; }

}  // namespace halka
