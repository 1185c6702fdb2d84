// SPDX-License-Identifier: MIT
#include "descriptor_ledger.hpp"

#include "../sched/event_loop.hpp"
#include "../sched/report.hpp"
#include "../sched/running.hpp"

#include <unistd.h>
#include <atomic>
#include <map>
#include <mutex>

namespace halka::detail {

namespace {

struct entry {
  event_loop const* loop;
  std::source_location where;
};

struct ledger {
  std::mutex mutex;  // guards the entries
  std::map<int, entry> entries;
  std::atomic<std::size_t> size = 0;  // so that without debug mode closing looks at one word
};

ledger& the_ledger() {
  static ledger& only = *new ledger;  // never destroyed: descriptors are closed until the very end
  return only;
}

/// What /proc says that a descriptor is: a path, or "socket:[4711]".
std::string object_of(int fd) {
  char text[256];
  ssize_t const length = readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), text, sizeof text);
  return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : std::string("?");
}

}  // namespace

void note_opened(int fd, std::source_location where) noexcept {
  event_loop const* const loop = current.loop;
  if (!loop || !loop->debug()) return;
  try {
    ledger& l = the_ledger();
    std::lock_guard const lock(l.mutex);
    l.entries.insert_or_assign(fd, entry{loop, where});
    l.size = l.entries.size();
  } catch (...) {
    // No memory to remember it: it is not reported then.
  }
}

void note_closed(int fd) noexcept {
  ledger& l = the_ledger();
  // relaxed: who closes a descriptor knows of its opening, so it sees the size that this had
  if (l.size.load(std::memory_order_relaxed) == 0) return;
  std::lock_guard const lock(l.mutex);
  l.entries.erase(fd);
  l.size = l.entries.size();
}

std::vector<std::string> describe_open_descriptors(event_loop const& loop) {
  ledger& l = the_ledger();
  std::vector<std::string> lines;
  std::lock_guard const lock(l.mutex);
  for (auto const& [fd, e] : l.entries)
    if (e.loop == &loop)
      lines.push_back("descriptor " + std::to_string(fd) + " (" + object_of(fd) + "), opened at " + place(e.where) +
                      ", was never closed");
  std::erase_if(l.entries, [&](auto const& item) { return item.second.loop == &loop; });
  l.size = l.entries.size();
  return lines;
}

}  // namespace halka::detail
