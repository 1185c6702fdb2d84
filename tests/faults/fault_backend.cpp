// SPDX-License-Identifier: MIT
#include "fault_backend.hpp"

#include "fault_plan.hpp"

#include <halka/io/default_poller.hpp>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace halka::faults {

namespace {

constexpr int passes_late = 3;

bool is_transfer(opcode code) noexcept {
  return code == opcode::read || code == opcode::write || code == opcode::recv || code == opcode::send || code == opcode::splice;
}

}  // namespace

/// What the real backend is given for an operation.
struct fault_backend::double_of : io_operation {
  double_of(fault_backend& o, io_operation& op) noexcept : io_operation(completed), owner(o), original(&op) {
    ask_for_the_same_as(op);
  }
  static void completed(io_operation& op) {
    auto& self = static_cast<double_of&>(op);
    self.owner.arrived(self);
  }

  fault_backend& owner;
  io_operation* original;
  int error_when_given_up = 0;
  int error_when_done = 0;
  int late = 0;  // passes to go
};

fault_backend::fault_backend() : io_backend("faults") {
  queued_ = 1;  // asks for a look in every pass
}

fault_backend::~fault_backend() = default;

void fault_backend::attach(event_loop& loop) {
  io_backend::attach(loop);
  std::unique_ptr<poller> made = make_default_poller();
  made->attach(loop);
  real_ = std::move(made);
}

io_backend& fault_backend::real() const noexcept { return *static_cast<io_backend*>(real_->operations()); }

void fault_backend::poll() {
  real_->poll();
  tell_arrived();
}

void fault_backend::wait(clock::time_point deadline) {
  if (arrived_.empty() && (real_->wants_poll() || deadline > clock::monotonic()))
    real_->wait(deadline);
  else
    real_->poll();
  tell_arrived();
}

void fault_backend::wake() noexcept { real_->wake(); }

void fault_backend::drain() {
  draining_ = true;
  standard_streams() = {};
  stop_watching();
  while (!arrived_.empty()) tell_arrived();
  real_->drain();
}

void fault_backend::submit(io_operation& op) {
  fault const* const f = draining_ ? nullptr : fault_at(op.code);
  if (f && f->how == effect::queue_full) throw std::system_error(EBUSY, std::system_category(), "the submission queue is full");
  std::unique_ptr<double_of> made;
  {
    spared const own;  // the doubles are not the library's
    made = std::make_unique<double_of>(*this, op);
    doubles_.reserve(doubles_.size() + 1);
    arrived_.reserve(doubles_.size() + 1);
  }
  double_of& d = *made;
  bool const begins = !f || f->how != effect::error;
  if (f && f->how == effect::later) d.late = passes_late;
  if (f && f->how == effect::error_after) d.error_when_done = f->error;
  if (f && f->how == effect::shorter && is_transfer(d.code) && d.length > 1) d.length = (d.length + 1) / 2;
  if (begins) {
    real().submit(d);
  } else {
    d.result = -f->error;
  }
  {
    spared const own;
    doubles_.insert_or_assign(&op, std::move(made));
    if (!begins) arrived_.push_back(&d);
  }
  op.in_flight = true;
  op.cancel_requested = false;
  if (f && f->how == effect::error_begun) {
    d.error_when_given_up = f->error;
    if (d.in_flight) real().cancel(d);
  }
}

void fault_backend::cancel(io_operation& op) noexcept {
  auto const found = doubles_.find(&op);
  if (found == doubles_.end() || op.cancel_requested) return;
  double_of& d = *found->second;
  d.error_when_given_up = 0;
  if (d.in_flight) real().cancel(d);
  op.cancel_requested = !d.in_flight || d.cancel_requested;
}

void fault_backend::arrived(double_of& d) {
  if ((d.result == -ECANCELED || d.result == -EINTR) && d.error_when_given_up != 0) d.result = -d.error_when_given_up;
  if (d.result >= 0 && d.error_when_done != 0) d.result = -d.error_when_done;
  if (d.late == 0 || draining_) return tell(d);
  spared const own;
  arrived_.push_back(&d);
}

void fault_backend::tell_arrived() {
  if (arrived_.empty()) return;
  std::vector<double_of*> now;
  {
    spared const own;
    auto const later =
        std::partition(arrived_.begin(), arrived_.end(), [this](double_of* d) { return d->late-- <= 0 || draining_; });
    now.assign(arrived_.begin(), later);
    arrived_.erase(arrived_.begin(), later);
  }
  for (double_of* d : now) tell(*d);
  spared const own;
  now = {};
}

void fault_backend::tell(double_of& d) {
  io_operation& op = *d.original;
  op.in_flight = false;
  op.result = d.result;
  op.left_to_caller = d.left_to_caller;
  op.lent = d.lent;
  if (d.lend_buffer) op.address = d.address;
  doubles_.erase(&op);
  op.complete(op);
}

void fault_backend::before_close(int fd) noexcept {
  if (real_) real().before_close(fd);
}

void fault_backend::forget(int fd) noexcept {
  if (real_) real().forget(fd);
}

backend_choice fault_backend::choice() { return real().choice(); }

bool fault_backend::lends_buffers() const noexcept { return real_ && real().lends_buffers(); }

std::size_t fault_backend::lent_size() const noexcept { return real_ ? real().lent_size() : 0; }

void fault_backend::give_back(io_operation const& op) noexcept { real().give_back(op); }

}  // namespace halka::faults
