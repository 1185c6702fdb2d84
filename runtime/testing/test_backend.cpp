// SPDX-License-Identifier: MIT
#include "test_backend.hpp"

#include "../../io/default_poller.hpp"
#include "../../sched/errors.hpp"
#include "../../sched/task_tree.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <utility>

namespace halka::testing {

namespace {

/// What a test begins with: far from 0, so that earlier times can be named.
constexpr clock::time_point first_moment(std::chrono::seconds(1000));

/// An operation that the kernel may end early, with fewer bytes or interrupted.
bool is_transfer(opcode code) noexcept {
  return code == opcode::read || code == opcode::write || code == opcode::recv || code == opcode::send;
}

bool may_be_interrupted(opcode code) noexcept {
  return is_transfer(code) || code == opcode::receive_msg || code == opcode::send_msg || code == opcode::accept ||
         code == opcode::sync || code == opcode::status;
}

}  // namespace

/// What the real backend is given for an operation.
struct test_backend::double_of : io_operation {
  double_of(test_backend& o, io_operation& op) noexcept : io_operation(completed), owner(o), original(&op) {
    ask_for_the_same_as(op);
  }
  static void completed(io_operation& op) {
    auto& self = static_cast<double_of&>(op);
    self.owner.arrived(self);
  }

  test_backend& owner;
  io_operation* original;
};

test_backend::test_backend(test_backend_options const& options) : io_backend("test"), options_(options), now_(first_moment) {
  if (options_.virtual_time) virtual_now_ = &now_;
  if (options_.seed != 0) random_.emplace(options_.seed);
  queued_ = 1;  // asks for a look in every pass
}

test_backend::~test_backend() = default;

void test_backend::attach(event_loop& loop) {
  io_backend::attach(loop);
  if (!options_.virtual_time) real();
}

io_backend& test_backend::real() {
  if (!real_) {
    std::unique_ptr<poller> made = make_default_poller(options_.backend);
    made->attach(loop());
    real_ = std::move(made);
    to_wake_ = real_.get();
  }
  return *static_cast<io_backend*>(real_->operations());
}

backend_choice test_backend::choice() { return real().choice(); }

void test_backend::advance(clock::duration d) {
  if (!options_.virtual_time) throw std::logic_error("advance: the clock of this test is the real one");
  now_ = after(now_, d);
}

// -- passes

void test_backend::begin_pass() {
  if (at_pass_) at_pass_();
}

void test_backend::poll() {
  begin_pass();
  look();
  tell_arrived(false);
}

/// Takes what has completed. True if there was something.
bool test_backend::look() {
  if (!real_) return false;
  std::uint64_t const told = told_;
  std::size_t const waiting = arrived_.size();
  real_->poll();
  return told_ != told || arrived_.size() != waiting;
}

bool test_backend::something_to_do() const noexcept { return !loop().ready().empty() || !loop().address()->contents().empty(); }

bool test_backend::waits_for_others() const noexcept { return !doubles_.empty() || has_signal_listeners(); }

bool test_backend::stands_still() const noexcept { return held() || ending_ > 0; }

void test_backend::wait(clock::time_point deadline) {
  begin_pass();
  // What one operation does may complete another, and a callback may begin one.
  while (look() || !arrived_.empty()) {
    tell_arrived(false);
    if (something_to_do()) return;
    tell_arrived(true);
  }
  if (something_to_do()) return;
  deadline = loop().timers().next_deadline();  // all this may have set or cancelled timers
  if (!options_.virtual_time) {
    if (real_->wants_poll() || deadline > clock::monotonic()) real_->wait(deadline);
    return;
  }
  if (stands_still()) return wait_really(clock::duration::max());
  if (children_ > 0 && deadline > now_) {
    clock::time_point const start = clock::monotonic();
    wait_really(deadline == never ? clock::duration::max() : deadline - now_);
    if (something_to_do() || deadline == never) return;
    now_ = std::min(deadline, now_ + (clock::monotonic() - start));
    return;
  }
  if (deadline != never) {
    now_ = std::max(now_, deadline);
    return;
  }
  std::uint64_t const told_before = told_;
  if (waits_for_others()) wait_really(options_.patience);
  if (!something_to_do() && told_ == told_before && !woken_.exchange(false)) give_up();
}

/// Sleeps until something has come from outside.
void test_backend::wait_really(clock::duration at_most) {
  real();
  // Whoever wakes sets the flag first and then looks for the poller, so one of the two sees the other.
  if (woken_.exchange(false)) return;
  real_->wait(after(clock::monotonic(), at_most));
  tell_arrived(false);
}

void test_backend::wake() noexcept {
  woken_ = true;
  if (poller* const p = to_wake_) p->wake();
}

void test_backend::give_up() {
  std::vector<any_task> const tasks = loop().all_tasks();
  std::string text = "deadlock: nothing is ready, no timer is set, and ";
  if (waits_for_others()) text += "nobody outside did anything for a while; ";
  text += tasks.size() == 1 ? "this task waits:" : "these tasks wait:";
  throw deadlock_error(text + '\n' + task_tree(tasks));
}

void test_backend::forked() noexcept {
  if (real_) real_->forked();
}

void test_backend::drain() {
  draining_ = true;
  standard_streams() = {};
  stop_watching();
  while (tell_arrived(true)) {
  }
  if (real_) real_->drain();
  to_wake_ = nullptr;
}

// -- operations

void test_backend::submit(io_operation& op) {
  auto made = std::make_unique<double_of>(*this, op);
  double_of& d = *made;
  doubles_[&op] = std::move(made);
  bool begins = true;
  try {
    begins = !plan(d);
    if (begins) real().submit(d);  // its result is the real backend's from now on
  } catch (...) {
    doubles_.erase(&op);
    throw;
  }
  op.in_flight = true;
  op.cancel_requested = false;
  if (ends_by_itself(op)) ++ending_;
  if (op.code == opcode::wait_child) ++children_;
  if (!begins) arrived_.push_back(&d);
}

/// Decides with the seed how the kernel treats an operation. True if that is known already: it does not even begin.
bool test_backend::plan(double_of& d) {
  if (!random_ || draining_) return false;
  if (may_be_interrupted(d.code) && random_->one_in(8)) {
    d.result = -EINTR;
    return true;
  }
  if (is_transfer(d.code) && d.length > 1 && random_->one_in(2))
    d.length = 1 + static_cast<unsigned>(random_->below(random_->one_in(2) ? std::min(d.length, 16U) : d.length));
  return false;
}

void test_backend::cancel(io_operation& op) noexcept {
  auto const found = doubles_.find(&op);
  if (found == doubles_.end() || op.cancel_requested) return;
  double_of& d = *found->second;
  if (d.in_flight) real().cancel(d);
  op.cancel_requested = !d.in_flight || d.cancel_requested;
}

void test_backend::arrived(double_of& d) {
  // With a seed the order is decided when all have arrived.
  if (random_ && !draining_)
    arrived_.push_back(&d);
  else
    tell(d);
}

/// Tells what has arrived, all of it or what the seed decides. True if there was something.
bool test_backend::tell_arrived(bool all) {
  if (arrived_.empty()) return false;
  std::vector<double_of*> now;
  std::swap(now, arrived_);
  if (random_) {
    for (std::size_t i = now.size(); i > 1; --i) std::swap(now[i - 1], now[random_->below(i)]);
    if (!all) {
      auto const later = std::partition(now.begin(), now.end(), [this](double_of*) { return !random_->one_in(4); });
      arrived_.assign(later, now.end());
      now.erase(later, now.end());
    }
  }
  for (double_of* d : now) tell(*d);
  return !now.empty();
}

void test_backend::tell(double_of& d) {
  io_operation& op = *d.original;
  op.in_flight = false;
  op.result = d.result;
  op.left_to_caller = d.left_to_caller;
  op.lent = d.lent;
  if (d.lend_buffer) op.address = d.address;
  if (ends_by_itself(d)) --ending_;
  if (d.code == opcode::wait_child) --children_;
  doubles_.erase(&op);
  ++told_;
  op.complete(op);
}

void test_backend::before_close(int fd) noexcept {
  if (real_) real().before_close(fd);
}

void test_backend::forget(int fd) noexcept {
  if (real_) real().forget(fd);
}

bool test_backend::lends_buffers() const noexcept {
  return real_ && static_cast<io_backend const*>(real_->operations())->lends_buffers();
}

std::size_t test_backend::lent_size() const noexcept {
  return real_ ? static_cast<io_backend const*>(real_->operations())->lent_size() : 0;
}

void test_backend::give_back(io_operation const& op) noexcept { real().give_back(op); }

}  // namespace halka::testing
