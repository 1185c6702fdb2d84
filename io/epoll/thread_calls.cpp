// SPDX-License-Identifier: MIT
#include "thread_calls.hpp"

#include "interruption.hpp"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>
#include <cerrno>
#include <memory>
#include <utility>

namespace halka {

namespace {

constexpr std::size_t most_for_files = 8;
/// As many as the system gives.
constexpr std::size_t most_that_wait = std::size_t{1} << 22;

}  // namespace

struct thread_calls::call final : worker_job, link {
  enum class phase : unsigned char { queued, begun, dropped };

  call(thread_calls& o, io_operation& operation, bool p) noexcept : owner(o), op(&operation), patience(p) {}
  ~call() override = default;

  void run() noexcept override {
    phase expected = phase::queued;
    if (!state.compare_exchange_strong(expected, phase::begun)) return;
    if (!patience) {
      out = work_on(*op, false);
      return;
    }
    interruption const possible;
    thread = pthread_self();
    running.store(true);
    int const moved = op->result;
    do {
      op->result = moved;
      out = work_on(*op, true);
    } while (out == progress::done && op->result == -EINTR && !interrupted.load());
    running.store(false);
  }
  void report() noexcept override {
    if (state.load() == phase::dropped)
      delete this;
    else
      owner.tell(*this);
  }
  void drop(std::exception_ptr const&) noexcept override { report(); }

  thread_calls& owner;
  io_operation* op;
  bool patience;
  progress out = progress::done;
  std::atomic<phase> state = phase::queued;
  std::atomic<bool> running = false;  // in a call that can be interrupted, on `thread`
  std::atomic<bool> interrupted = false;
  pthread_t thread{};
  call* next_ended = nullptr;
};

worker_threads& thread_calls::pool(bool patience) {
  if (patience) {
    if (!waiting_) waiting_.emplace(most_that_wait, "halka-wait");
    return *waiting_;
  }
  if (!files_) files_.emplace(most_for_files, "halka-file");
  return *files_;
}

void thread_calls::start(io_operation& op, bool patience) {
  auto made = std::make_unique<call>(*this, op, patience);
  pool(patience).submit(*made);  // lifetime: the operation is pinned until its call has ended or was taken back
  call& c = *made.release();
  op.call = &c;
  c.previous = out_.previous;
  c.next = &out_;
  c.previous->next = c.next->previous = &c;
  ++size_;
}

void thread_calls::unlink(call& c) noexcept {
  c.next->previous = c.previous;
  c.previous->next = c.next;
  --size_;
}

io_operation& thread_calls::operation_of(link& l) noexcept { return *static_cast<call&>(l).op; }

bool thread_calls::take_back(io_operation& op) noexcept {
  call& c = *static_cast<call*>(op.call);
  if (c.state.load() != call::phase::queued) return false;
  link const place = c;  // a worker may delete a dropped call at once
  call::phase expected = call::phase::queued;
  if (!c.state.compare_exchange_strong(expected, call::phase::dropped)) return false;
  place.next->previous = place.previous;
  place.previous->next = place.next;
  --size_;
  return true;
}

bool thread_calls::is_patient(io_operation const& op) noexcept { return static_cast<call const*>(op.call)->patience; }

void thread_calls::interrupt(io_operation& op) noexcept {
  call& c = *static_cast<call*>(op.call);
  if (!c.patience || c.interrupted.exchange(true)) return;
  ++interrupting_;
  if (c.running.load()) interruption::send(c.thread);
}

void thread_calls::repeat_interruptions() noexcept {
  if (interrupting_ == 0) return;
  // A thread that gets one signal after the other never leaves its handler.
  clock::time_point const now = clock::monotonic();
  if (now < next_repetition_) return;
  next_repetition_ = now + between_interruptions;
  for (link* l = out_.next; l != &out_; l = l->next) {
    auto const& c = static_cast<call&>(*l);
    if (c.interrupted.load() && c.running.load()) interruption::send(c.thread);
  }
}

/// In the worker's thread. The call may be gone afterwards.
void thread_calls::tell(call& c) noexcept {
  call* head = ended_.load(std::memory_order_relaxed);  // relaxed: the exchange below checks it
  do {
    c.next_ended = head;
  } while (!ended_.compare_exchange_weak(head, &c));
  if (!asleep_.exchange(false)) return;
  std::uint64_t const one = 1;
  static_cast<void>(!write(eventfd_, &one, sizeof one));  // it fails only if the counter is full: then the loop is being woken
}

io_operation* thread_calls::take_ended(progress& out) noexcept {
  if (!taken_) {
    call* newest = ended_.exchange(nullptr);
    while (newest) {
      call* const next = newest->next_ended;
      newest->next_ended = taken_;
      taken_ = newest;
      newest = next;
    }
    if (!taken_) return nullptr;
  }
  std::unique_ptr<call> const c(std::exchange(taken_, taken_->next_ended));
  if (c->interrupted.load()) {
    --interrupting_;
    // It begins nothing new: its descriptor may be gone by then.
    if (c->out != progress::done ? c->op->result <= 0 : c->op->result == -EINTR) c->op->result = -ECANCELED;
    c->out = progress::done;
  }
  unlink(*c);
  out = c->out;
  return c->op;
}

bool thread_calls::sleep() noexcept {
  asleep_.store(true);
  if (!any_ended()) return true;
  awake();
  return false;
}

void thread_calls::wait_a_moment() noexcept {
  repeat_interruptions();
  std::uint64_t count;
  static_cast<void>(!read(eventfd_, &count, sizeof count));  // it does not block
  if (!sleep()) return;
  pollfd wake{eventfd_, POLLIN, 0};
  static_cast<void>(::poll(&wake, 1, interrupting() ? static_cast<int>(between_interruptions.count()) : 100));
  awake();
}

}  // namespace halka
