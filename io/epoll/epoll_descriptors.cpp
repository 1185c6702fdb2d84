// SPDX-License-Identifier: MIT
// Descriptors of the epoll backend: what is registered for whom.
#include "epoll_backend.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <cerrno>
#include <utility>

namespace halka {

// Urgent data: where it lies a recv ends early, although there is more.
std::uint32_t const epoll_backend::input_events = EPOLLIN | EPOLLRDHUP | EPOLLPRI;
std::uint32_t const epoll_backend::output_events = EPOLLOUT;

operation_list& epoll_backend::list_of(io_operation const& op, descriptor_entry& e) noexcept {
  switch (stage_of(op)) {
    case stage::reading:
      return e.readers;
    case stage::polling:
      return e.polls;
    default:
      return e.writers;
  }
}

descriptor_entry* epoll_backend::entry_of(io_operation const& op) const noexcept {
  return table_.find(stage_of(op) == stage::second_writing ? op.second_fd : op.fd);
}

/// What a waiting operation waits for. Errors and hang-ups are always told.
std::uint32_t epoll_backend::events_of(io_operation const& op) noexcept {
  switch (stage_of(op)) {
    case stage::reading:
      // What only looks at the queue of errors would be woken by data again and again.
      return (op.code == opcode::receive_msg || op.code == opcode::recv) && (op.flags & MSG_ERRQUEUE) ? 0U : EPOLLIN | EPOLLRDHUP;
    case stage::polling:
      return op.code == opcode::poll ? op.flags & 0xffffU : std::uint32_t{EPOLLIN};
    default:
      return EPOLLOUT;
  }
}

std::uint32_t epoll_backend::events_of_all(descriptor_entry const& e) noexcept {
  std::uint32_t events = 0;
  for (operation_list const* list : {&e.readers, &e.writers, &e.polls})
    for (io_operation const* op = list->first(); op; op = op->next) events |= events_of(*op);
  return events;
}

/// The entry is this keeper's from now on.
void epoll_backend::claim(descriptor_entry& e, std::uint32_t keeper) noexcept {
  if (e.keeper == keeper) return;
  e.keeper = keeper;
  e.serial = 0;
  e.registered = 0;
  e.readable = e.refused = e.hung_up = e.never_blocks = false;
  e.writable = true;
  e.in_vain = 0;
  if (e.has_waiters()) change(e, events_of_all(e) | EPOLLET);
}

/// Lets the entry of a keeper tell of these events.
int epoll_backend::want(descriptor_entry& e, std::uint32_t events) noexcept {
  return (e.registered & events) == events ? 0 : change(e, e.registered | events | EPOLLET);
}

/// Lets the entry tell of what an operation waits for, which has been put into its list.
int epoll_backend::arm_for(io_operation const& op, descriptor_entry& e) noexcept {
  if (e.keeper == 0) return change(e, (e.registered & ~EPOLLONESHOT) | events_of(op) | EPOLLONESHOT);
  (stage_of(op) == stage::reading ? e.readable : e.writable) = false;
  if (op.keeper == e.keeper) return want(e, stage_of(op) == stage::reading ? input_events : events_of(op));
  // Somebody else than the keeper: he may not have seen the last edge.
  return change(e, e.registered | events_of(op) | EPOLLET);
}

int epoll_backend::change(descriptor_entry& e, std::uint32_t events) noexcept {
  auto const control = [&](int what) {
    // What is added has a serial of its own: the file that had the number before may live on as a duplicate, and still tell.
    if (what == EPOLL_CTL_ADD || e.keeper == 0 || e.serial == 0) {
      if (++serials_ == 0) ++serials_;
      e.serial = serials_;
    }
    epoll_event event{};
    event.events = events;
    event.data.u64 = std::uint64_t{e.serial} << 32 | static_cast<unsigned>(e.fd);
    return epoll_ctl(epoll_, what, e.fd, &event) == 0 ? 0 : errno;
  };
  int error = control(e.known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD);
  // The number may mean another file than the last time.
  if (error == ENOENT) error = control(EPOLL_CTL_ADD);
  if (error == EEXIST) error = control(EPOLL_CTL_MOD);
  e.known = error == 0;
  e.registered = error == 0 ? events : 0;
  return error == ENOSPC ? -ENOMEM : -error;  // the user's limit of registrations, not a disk
}

/// A registration that fires once has fired, and there are still some who wait.
void epoll_backend::rearm(descriptor_entry& e) {
  int const error = change(e, events_of_all(e) | EPOLLONESHOT);
  if (error == 0) return;
  for (operation_list* list : {&e.readers, &e.writers, &e.polls}) {
    while (!list->empty()) {
      count_waiting(-1);
      end_with(list->pop(), error, false);
    }
  }
}

void epoll_backend::end_waiters(descriptor_entry& e) noexcept {
  for (operation_list* list : {&e.readers, &e.writers, &e.polls}) {
    while (!list->empty()) {
      count_waiting(-1);
      end_with(list->pop(), -ECANCELED, false);
    }
  }
}

void epoll_backend::remove(descriptor_entry& e) noexcept {
  if (e.known) {
    epoll_event none{};
    epoll_ctl(epoll_, EPOLL_CTL_DEL, e.fd, &none);  // it fails if the number means something else by now
  }
  e.known = false;
  e.keeper = 0;
  e.serial = 0;
  e.registered = 0;
  e.readable = e.refused = e.hung_up = e.never_blocks = false;
  e.writable = true;
  e.in_vain = 0;
}

void epoll_backend::attend(descriptor_entry& e) {
  if (e.attended) return;
  attended_.push_back(&e);
  e.attended = true;
  ++queued_;
}

// -- the end of descriptors

void epoll_backend::forget(int fd) noexcept {
  descriptor_entry* const e = table_.find(fd);
  if (e && (e->known || e->keeper != 0 || e->in_threads != 0 || e->has_waiters())) before_close(fd);
}

void epoll_backend::before_close(int fd) noexcept {
  descriptor_entry* const e = table_.find(fd);
  if (!e || epoll_ < 0) return;
  end_waiters(*e);
  if (e->in_threads != 0) {
    stop_threads(fd, false);
    int const outer = std::exchange(closing_fd_, fd);
    while (e->in_threads != 0) {
      threads_->wait_a_moment();
      take_ended(false);
    }
    closing_fd_ = outer;
  }
  remove(*e);
}

/// Takes an operation back, or lets it end soon.
void epoll_backend::stop_in_thread(io_operation& op) noexcept {
  if (!threads_->take_back(op)) return threads_->interrupt(op);
  end_with(op, -ECANCELED, false);
  count_thread(op, -1);
}

/// Stops what threads do, or will do, with a descriptor; with `only_patient`, only what may wait for somebody.
void epoll_backend::stop_threads(int fd, bool only_patient) noexcept {
  threads_->for_each([&](io_operation& op) {
    if ((op.fd == fd || op.second_fd == fd) && (!only_patient || thread_calls::is_patient(op))) stop_in_thread(op);
  });
}

void epoll_backend::count_thread(io_operation const& op, int change) noexcept {
  count_waiting(change);
  for (int const fd : {op.fd, op.second_fd}) {
    descriptor_entry* const e = table_.find(fd);
    if (!e) continue;
    e->in_threads += static_cast<unsigned>(change);
    if (e->in_threads == 0) close_if_free(fd);
  }
}

/// Begins a close that waited for threads.
void epoll_backend::close_if_free(int fd) noexcept {
  for (io_operation* op = closing_.first(); op; op = op->next) {
    if (op->fd != fd) continue;
    closing_.remove(*op);
    return go_on(*op, attempt(*op, false), false);
  }
}

}  // namespace halka
