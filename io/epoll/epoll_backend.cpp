// SPDX-License-Identifier: MIT
// Operations of the epoll backend: how they begin, wait, move on and end.
#include "epoll_backend.hpp"

#include "../../sched/fork_watch.hpp"
#include "../ops/wait_child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

namespace halka {

namespace {

/// Large enough for most messages, small enough to stay in the processor's caches.
constexpr std::size_t lent_bytes = 16384;

bool is_input(opcode code) noexcept {
  return code == opcode::recv || code == opcode::receive_msg || code == opcode::accept || code == opcode::read;
}

bool is_transfer(opcode code) noexcept {
  return code == opcode::recv || code == opcode::receive_msg || code == opcode::read || code == opcode::send ||
         code == opcode::send_msg || code == opcode::write;
}

}  // namespace

std::size_t epoll_backend::lent_size() const noexcept { return lent_bytes; }

// -- how they begin

void epoll_backend::submit(io_operation& op) {
  if (epoll_ < 0) detail::throw_forked("this event loop");
  // Nothing begins again what was just given up because the loop ends.
  if (draining_) throw std::system_error(ECANCELED, std::system_category(), "epoll: the loop is ending");
  op.cancel_requested = false;
  op.left_to_caller = false;
  op.result = 0;
  op.in_flight = true;
  ++in_flight_;
  try {
    begin(op);
  } catch (...) {
    op.in_flight = false;
    --in_flight_;
    throw;
  }
}

void epoll_backend::begin(io_operation& op) {
  switch (op.code) {
    case opcode::wait_child:
      op.left_to_caller = true;
      // The pidfd of somebody else's child tells of its end, too; the caller's call says what is wrong.
      if (!io::is_own_child(op.fd)) return end(op, false);
      [[fallthrough]];
    case opcode::poll:
      return wait_for(op, stage::polling, false);
    case opcode::close:
      if (begin_close(op)) return;
      break;
    default:
      break;
  }
  descriptor_entry* e = nullptr;
  if (op.keeper != 0 && op.fd >= 0) {
    e = &table_.at(op.fd);
    if (begin_kept(op, *e)) return;
  }
  go_on(op, try_now(op, e), false);
}

/// True if it waits, or has ended.
bool epoll_backend::begin_kept(io_operation& op, descriptor_entry& e) {
  claim(e, op.keeper);
  if (e.refused) return false;
  bool const input = is_input(op.code);
  operation_list& list = input ? e.readers : e.writers;
  if (list.empty()) {
    if (!input && e.writable) return false;
    // What is no socket may be one that is never ready, because it cannot be read.
    if (op.code == opcode::read && !e.readable && (e.registered & input_events) == 0) return false;
    if (op.code == opcode::accept && !e.never_blocks) e.never_blocks = fcntl(e.fd, F_SETFL, fcntl(e.fd, F_GETFL) | O_NONBLOCK) == 0;
    if (input && e.readable) attend(e);
    if (int const error = want(e, input ? input_events : output_events)) {
      e.refused = error == -EPERM;
      if (e.refused) return false;
      op.result = error;
      end(op, false);
      return true;
    }
  }
  set_stage(op, input ? stage::reading : stage::writing);
  list.push(op);
  count_waiting(1);
  return true;
}

/// True if it waits for threads.
bool epoll_backend::begin_close(io_operation& op) {
  descriptor_entry* const e = table_.find(op.fd);
  if (!e) return false;
  end_waiters(*e);
  remove(*e);
  if (e->in_threads != 0) stop_threads(op.fd, true);
  if (e->in_threads == 0) return false;
  set_stage(op, stage::behind_threads);
  closing_.push(op);
  return true;
}

progress epoll_backend::try_now(io_operation& op, descriptor_entry* e) noexcept {
  if (op.lend_buffer) {
    if (!lent_) lent_.reset(new (std::nothrow) char[lent_bytes]);
    if (is_lent_ || !lent_) return fail(op, -ENOBUFS);
    op.address = lent_.get();  // lifetime: the backend's; nobody else gets it until it is given back
  }
  progress const out = attempt(op, e && e->never_blocks);
  if (out != progress::done || op.result <= 0) return out;
  if (op.lend_buffer) is_lent_ = true;
  if (e && op.short_is_all && static_cast<unsigned>(op.result) < op.length && !e->hung_up) e->readable = false;
  return out;
}

// -- how they move on

void epoll_backend::go_on(io_operation& op, progress out, bool telling) {
  switch (out) {
    case progress::done:
      return end(op, telling);
    case progress::await_input:
      return wait_for(op, stage::reading, telling);
    case progress::await_output:
      return wait_for(op, stage::writing, telling);
    case progress::await_second_output:
      return wait_for(op, stage::second_writing, telling);
    case progress::work:
      return hand_to_thread(op, false, telling);
    case progress::patience:
      return hand_to_thread(op, true, telling);
  }
}

void epoll_backend::wait_for(io_operation& op, stage s, bool telling) {
  int const fd = s == stage::second_writing ? op.second_fd : op.fd;
  int error = fd < 0 ? -EBADF : 0;
  if (op.cancel_requested || draining_ || (fd >= 0 && fd == closing_fd_)) return end_with(op, -ECANCELED, telling);
  if (error == 0) {
    try {
      descriptor_entry& e = table_.at(fd);
      set_stage(op, s);
      list_of(op, e).push(op);
      error = arm_for(op, e);
      if (error == 0) return count_waiting(1);
      list_of(op, e).remove(op);
    } catch (std::bad_alloc const&) {
      error = -ENOMEM;
    }
  }
  if (error == -EPERM) {  // it has no readiness: a file
    if (op.code == opcode::poll) return poll_now(op, telling);
    if (op.code == opcode::read || op.code == opcode::write) return hand_to_thread(op, false, telling);
  }
  end_with(op, error, telling);
}

/// Files are always ready.
void epoll_backend::poll_now(io_operation& op, bool telling) {
  pollfd ready{op.fd, static_cast<short>(op.flags), 0};
  op.result = ::poll(&ready, 1, 0) < 0 ? -errno : ready.revents;
  end(op, telling);
}

void epoll_backend::hand_to_thread(io_operation& op, bool patience, bool telling) {
  if (op.code == opcode::close && draining_) return go_on(op, work_on(op, false), telling);
  bool const closing = closing_fd_ >= 0 && (op.fd == closing_fd_ || op.second_fd == closing_fd_);
  if (op.cancel_requested || draining_ || closing) return end_with(op, -ECANCELED, telling);
  int error = 0;
  try {
    if (op.fd >= 0) table_.at(op.fd);
    if (op.second_fd >= 0) table_.at(op.second_fd);
    threads_->start(op, patience);
  } catch (std::system_error const& e) {
    error = e.code().value();
  } catch (...) {
    error = ENOMEM;
  }
  if (error == 0) {
    set_stage(op, stage::in_thread);
    return count_thread(op, 1);
  }
  // Without memory or threads the loop has to wait itself, for what ends by itself.
  progress const out = patience ? progress::patience : work_on(op, false);
  if (out == progress::work || out == progress::patience) return end_with(op, -error, telling);
  go_on(op, out, telling);
}

// -- how they end

/// With an error, unless a part was moved.
void epoll_backend::end_with(io_operation& op, int error, bool telling) {
  if (op.result <= 0 || !is_transfer(op.code)) op.result = error;
  end(op, telling);
}

void epoll_backend::end(io_operation& op, bool telling) {
  if (telling) return tell(op);
  set_stage(op, stage::done);
  done_.push(op);
  ++queued_;
}

void epoll_backend::tell(io_operation& op) {
  set_stage(op, stage::idle);
  op.in_flight = false;
  --in_flight_;
  op.complete(op);  // queues something; no task runs here
}

void epoll_backend::cancel(io_operation& op) noexcept {
  if (!op.in_flight || op.cancel_requested || epoll_ < 0) return;
  op.cancel_requested = true;
  switch (stage_of(op)) {
    case stage::reading:
    case stage::writing:
    case stage::second_writing:
    case stage::polling: {
      descriptor_entry& e = *entry_of(op);
      list_of(op, e).remove(op);
      count_waiting(-1);
      end_with(op, -ECANCELED, false);
      if (e.keeper == 0 && !e.has_waiters()) remove(e);
      return;
    }
    case stage::in_thread:
      if (!threads_->take_back(op)) return threads_->interrupt(op);
      end_with(op, -ECANCELED, false);
      return count_thread(op, -1);
    case stage::idle:
    case stage::behind_threads:
    case stage::done:
      return;
  }
}

}  // namespace halka
