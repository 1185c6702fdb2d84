// SPDX-License-Identifier: MIT
#include "uring_backend.hpp"

#include "../../sched/fork_watch.hpp"
#include "../../sched/report.hpp"
#include "../descriptor_ledger.hpp"
#include "../kernel_features.hpp"

#include <liburing.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>

namespace halka {

namespace {

/// How often a pass enters again for completions that the kernel holds back.
constexpr int most_enters = 16;

/// Going to sleep and waking up costs about as much as this; a nearer deadline is met as late as by any thread that sleeps with the
/// kernel's default timer slack.
constexpr std::chrono::microseconds shortest_wait(50);

constexpr unsigned always = 1;

bool is_transient(int result) noexcept {
  // -EBUSY and -EAGAIN: the completion queue is full or memory is short for a moment; what was not submitted stays queued.
  return result == -EINTR || result == -ETIME || result == -EBUSY || result == -EAGAIN;
}

/// The kernel's own codes for "interrupted, to be restarted", which some operations on worker threads let through: splices, opens.
int without_restarts(int result) noexcept {
  constexpr int first = -516;  // ERESTART_RESTARTBLOCK
  constexpr int last = -512;   // ERESTARTSYS
  return result >= first && result <= last ? -EINTR : result;
}

}  // namespace

uring_backend::uring_backend() : io_backend("io_uring"), buffers_(*ring_.get()), wake_(*this) {}

uring_backend::~uring_backend() {
  if (wake_fd_ >= 0) close(wake_fd_);
}

std::string uring_backend::shortcomings() const {
  std::string lacks = ring_.shortcomings();
  if (!buffers_.works()) lacks += (lacks.empty() ? "" : ", ") + std::string(to_string(kernel::feature::buffer_rings));
  if (!lacks.empty()) lacks = "without " + lacks;
  if (ring_.is_small()) lacks += (lacks.empty() ? "" : "; ") + std::string("with small queues, for want of memory");
  return lacks;
}

void uring_backend::attach(event_loop& loop) {
  io_backend::attach(loop);
  wake_fd_ = eventfd(0, EFD_CLOEXEC);
  if (wake_fd_ < 0) throw std::system_error(errno, std::system_category(), "eventfd for waking the loop");
  signal_ = ring_.signals_work() ? ring_.get()->sq.kflags : &always;
  signal_mask_ = ring_.signals_work() ? unsigned{IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW} : always;
  arm_wake();
}

io_uring_sqe* uring_backend::next_sqe() {
  if (io_uring_sqe* const sqe = io_uring_get_sqe(ring_.get())) return sqe;
  // The queue is full: hand it over now. Nothing completes in this call, so no other code runs in between.
  for (int attempt = 0; attempt < 3; ++attempt) {
    int const result = io_uring_submit(ring_.get());
    if (result < 0 && !is_transient(result)) check(result, "io_uring_enter");
    if (io_uring_sqe* const sqe = io_uring_get_sqe(ring_.get())) {
      queued_ = io_uring_sq_ready(ring_.get());
      return sqe;
    }
  }
  return nullptr;
}

void uring_backend::submit(io_operation& op) {
  if (!ring_.is_here()) detail::throw_forked("this event loop");
  // Nothing begins again what was just given up because the loop ends.
  if (draining_) throw std::system_error(ECANCELED, std::system_category(), "io_uring: the loop is ending");
  io_uring_sqe* const sqe = next_sqe();
  if (!sqe) throw std::system_error(EBUSY, std::system_category(), "io_uring: the submission queue is full");
  prepare(*sqe, op, ring_.operations());
  io_uring_sqe_set_data(sqe, &op);  // lifetime: the operation is pinned until its completion is taken
  op.in_flight = true;
  op.cancel_requested = false;
  ++in_flight_;
  ++queued_;
}

void uring_backend::cancel(io_operation& op) noexcept {
  if (!op.in_flight || op.cancel_requested || !ring_.is_here()) return;
  op.cancel_requested = true;
  if (ask_to_cancel(op)) return;
  op.stage = 1;
  to_cancel_.push(op);
}

/// False if the queue is full and the kernel takes nothing at the moment.
bool uring_backend::ask_to_cancel(io_operation& op) noexcept {
  try {
    io_uring_sqe* const sqe = next_sqe();
    if (!sqe) return false;
    io_uring_prep_cancel(sqe, &op, 0);
    io_uring_sqe_set_data(sqe, nullptr);
    ++queued_;
    return true;
  } catch (...) {
    return false;
  }
}

/// Asks for the cancellations that found no room. False if there still is none for all.
bool uring_backend::ask_again() noexcept {
  while (!to_cancel_.empty()) {
    io_operation& op = *to_cancel_.first();
    if (!ask_to_cancel(op)) return false;
    to_cancel_.remove(op);
    op.stage = 0;
  }
  return true;
}

void uring_backend::poll() {
  ask_again();
  for (int i = 0; i < most_enters; ++i) {
    int const result = io_uring_submit_and_get_events(ring_.get());
    queued_ = io_uring_sq_ready(ring_.get());  // what the kernel did not take is for the next pass
    if (result < 0 && !is_transient(result)) check(result, "io_uring_enter");
    reap();
    if (!ring_.signals_work() || !wants_poll()) return;
  }
}

void uring_backend::wait(clock::time_point deadline) {
  bool const measures = adaptive_spin::can_pay();
  auto const start = deadline != never || measures ? clock::monotonic() : clock::time_point();
  if (deadline <= start || !ask_again()) return poll();
  int result;
  if (deadline == never) {
    result = io_uring_submit_and_wait(ring_.get(), 1);
  } else {
    auto const left = std::max<clock::duration>(deadline - start, shortest_wait);
    __kernel_timespec timeout{};
    timeout.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(left).count();
    timeout.tv_nsec = (left % std::chrono::seconds(1)).count();
    io_uring_cqe* first = nullptr;
    result = io_uring_submit_and_wait_timeout(ring_.get(), &first, 1, &timeout, nullptr);
  }
  queued_ = io_uring_sq_ready(ring_.get());
  if (result < 0 && !is_transient(result)) check(result, "io_uring_enter");
  unsigned const completions = reap();
  if (measures) spin_.slept(clock::monotonic() - start, completions);
}

bool uring_backend::spin(inbox const& sent, clock::time_point deadline) {
  if (queued_ != 0) {
    int const result = io_uring_submit_and_get_events(ring_.get());
    queued_ = io_uring_sq_ready(ring_.get());
    if (result < 0 && !is_transient(result)) check(result, "io_uring_enter");
  }
  auto const end = std::min(deadline, clock::monotonic() + adaptive_spin::longest);
  bool found = false;
  do {
    for (int i = 0; i < 32 && !found; ++i) {
      found = !sent.empty() || io_uring_cq_ready(ring_.get()) != 0 || wants_poll();
      detail::pause_processor();
    }
  } while (!found && clock::monotonic() < end);
  unsigned events = sent.empty() ? 0 : 1;
  if (found) {
    if (io_uring_cq_ready(ring_.get()) == 0 && wants_poll()) {
      int const result = io_uring_get_events(ring_.get());
      if (result < 0 && !is_transient(result)) check(result, "io_uring_enter");
    }
    events += reap();
  }
  spin_.spun(events);
  return events > 0 || end == deadline;
}

unsigned uring_backend::reap() {
  io_uring* const r = ring_.get();
  unsigned head = 0;
  unsigned taken = 0;
  io_uring_cqe* cqe = nullptr;
  // What was taken is given back to the kernel also when a completion fails: else it would be taken again.
  struct taken_back {
    io_uring* ring;
    unsigned const& count;
    ~taken_back() { io_uring_cq_advance(ring, count); }
  } const at_the_end{r, taken};
  io_uring_for_each_cqe(r, head, cqe) {
    ++taken;
    auto* const op = static_cast<io_operation*>(io_uring_cqe_get_data(cqe));
    if (!op) continue;
    op->in_flight = false;
    if (op->stage != 0) {  // it ends before it could be cancelled
      op->stage = 0;
      to_cancel_.remove(*op);
    }
    op->result = without_restarts(cqe->res);
    if (cqe->flags & IORING_CQE_F_BUFFER) take_buffer(*op, cqe->flags >> IORING_CQE_BUFFER_SHIFT);
    --in_flight_;
    op->complete(*op);  // queues something; no task runs here
  }
  return taken;
}

void uring_backend::take_buffer(io_operation& op, unsigned id) noexcept {
  op.lent = static_cast<std::uint16_t>(id);
  op.address = buffers_.data(id);
  if (op.result <= 0) give_back(op);  // some kernels take one for nothing
}

void uring_backend::before_close(int) noexcept {
  if (queued_ == 0) return;
  // Without a wish for completions nothing else happens in this call. A failure is met again when the loop submits.
  io_uring_submit(ring_.get());
}

void uring_backend::check(int result, char const* what) const { throw std::system_error(-result, std::system_category(), what); }

void uring_backend::arm_wake() {
  wake_.code = opcode::read;
  wake_.fd = wake_fd_;
  wake_.address = &wake_.count;
  wake_.length = sizeof wake_.count;
  wake_.offset = current_position;
  submit(wake_);
}

void uring_backend::wake_operation::completed(io_operation& op) {
  uring_backend& self = static_cast<wake_operation&>(op).owner;
  if (!self.draining_) self.arm_wake();
}

void uring_backend::wake() noexcept {
  std::uint64_t const one = 1;
  // It fails only if the counter is full, and then the loop is being woken anyway.
  static_cast<void>(!write(wake_fd_, &one, sizeof one));
}

void uring_backend::forked() noexcept {
  signal_ = &quiet;  // the queues are not in this process
  signal_mask_ = 0;
  queued_ = 0;
  ring_.leave_to_parent();
  if (wake_fd_ >= 0) close(std::exchange(wake_fd_, -1));
}

void uring_backend::drain() {
  draining_ = true;
  standard_streams() = {};
  for (std::string const& line : detail::describe_open_descriptors(loop())) report(line);
  stop_watching();
  if (io_uring_sqe* const sqe = next_sqe()) {
    io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
    io_uring_sqe_set_data(sqe, nullptr);
  }
  while (in_flight_ > 0) {
    int const result = io_uring_submit_and_wait(ring_.get(), 1);
    if (result < 0 && !is_transient(result)) check(result, "io_uring_enter");
    reap();
  }
}

}  // namespace halka
