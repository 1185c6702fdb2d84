// SPDX-License-Identifier: MIT
#include "fork_watch.hpp"

#include <pthread.h>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace halka::detail {

/// All of the process. The handlers run in the thread that forks; between `prepare` and the others it holds all mutexes.
struct fork_watchers {
  std::mutex mutex;
  fork_watcher* first = nullptr;
  std::array<std::mutex*, 8> held{};
  std::size_t held_count = 0;
  bool prepared = false;

  static fork_watchers& all() {
    static fork_watchers& one = *new fork_watchers;  // never freed: loops may be destroyed after it would be
    return one;
  }

  void set_handlers() {
    if (prepared) return;
    prepared = pthread_atfork(prepare, in_parent, in_child) == 0;
  }

  void add(fork_watcher& w) {
    std::lock_guard const lock(mutex);
    set_handlers();
    w.next_ = first;
    if (first) first->previous_ = &w;
    first = &w;
  }

  void remove(fork_watcher& w) noexcept {
    std::lock_guard const lock(mutex);
    (w.previous_ ? w.previous_->next_ : first) = w.next_;
    if (w.next_) w.next_->previous_ = w.previous_;
  }

  void hold(std::mutex& m) {
    std::lock_guard const lock(mutex);
    set_handlers();
    for (std::size_t i = 0; i < held_count; ++i)
      if (held[i] == &m) return;
    held.at(held_count) = &m;
    ++held_count;
  }

  static void prepare() {
    fork_watchers& self = all();
    self.mutex.lock();
    for (std::size_t i = 0; i < self.held_count; ++i) self.held[i]->lock();
  }
  static void in_parent() {
    fork_watchers& self = all();
    for (std::size_t i = self.held_count; i > 0; --i) self.held[i - 1]->unlock();
    self.mutex.unlock();
  }
  static void in_child() {
    in_parent();
    for (fork_watcher* w = all().first; w; w = w->next_) w->forked();
  }
};

fork_watcher::fork_watcher() { fork_watchers::all().add(*this); }

fork_watcher::~fork_watcher() { fork_watchers::all().remove(*this); }

void free_in_children(std::mutex& mutex) { fork_watchers::all().hold(mutex); }

void throw_forked(char const* what) {
  throw std::logic_error(std::string(what) +
                         " belongs to the process that forked this one: call fork before halka::run, let the child only exec or "
                         "_exit, or start it with process, process_pool or create_subprocess instead");
}

}  // namespace halka::detail
