// SPDX-License-Identifier: MIT
#include "descriptor_ledger.hpp"

#include "../sched/event_loop.hpp"
#include "../sched/report.hpp"
#include "../sched/running.hpp"
#include "backend.hpp"

#include <unistd.h>

namespace halka {

namespace {

/// What /proc says that a descriptor is: a path, or "socket:[4711]".
std::string object_of(int fd) {
  char text[256];
  ssize_t const length = readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), text, sizeof text);
  return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : std::string("?");
}

descriptor_ledger* watching() noexcept {
  event_loop* const loop = detail::current.loop;
  if (!loop || !loop->debug() || !loop->outside().operations()) return nullptr;
  return &backend::of(*loop).descriptors();
}

}  // namespace

std::vector<std::string> descriptor_ledger::describe() const {
  std::vector<std::string> lines;
  for (auto const& [fd, where] : places_)
    lines.push_back("descriptor " + std::to_string(fd) + " (" + object_of(fd) + "), opened at " + place(where) +
                    ", was never closed");
  return lines;
}

void detail::note_opened(int fd, std::source_location where) noexcept {
  try {
    if (descriptor_ledger* const d = watching()) d->opened(fd, where);
  } catch (...) {
    // No memory to remember it: it is not reported then.
  }
}

void detail::note_closed(int fd) noexcept {
  if (descriptor_ledger* const d = watching()) d->closed(fd);
}

}  // namespace halka
