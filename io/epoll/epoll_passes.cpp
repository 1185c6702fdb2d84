// SPDX-License-Identifier: MIT
// Passes of the epoll backend: looking, serving, telling, and the end.
#include "epoll_backend.hpp"

#include "../../sched/report.hpp"
#include "../descriptor_ledger.hpp"
#include "../kernel_features.hpp"
#include "../standard_descriptors.hpp"
#include "attempt_sockets.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace halka {

namespace {

/// What came is received before the tasks send their answers. With more of it, the kernel's part of a connection would leave the
/// processor's cache in between.
constexpr int events_at_a_time = 32;
/// So many events ahead, the memory of an operation is called into the cache.
constexpr std::size_t events_ahead = 3;
/// So often a descriptor is served in a pass; then others want their share.
constexpr int most_served = 64;
/// So often in a row a descriptor may be told to be ready, and then not be.
constexpr unsigned most_in_vain = 32;
/// As for io_uring: going to sleep and waking up costs about as much.
constexpr std::chrono::microseconds shortest_sleep(50);

constexpr std::uint32_t always_told = EPOLLERR | EPOLLHUP;

void prefetch_reader(descriptor_entry const* e) noexcept {
  if (!e || e->readers.empty()) return;
  auto const* const op = reinterpret_cast<char const*>(e->readers.first());
  for (int line = 0; line < 3; ++line) __builtin_prefetch(op + 64 * line);  // it lies in the frame of who waits
}

}  // namespace

epoll_backend::epoll_backend() noexcept : io_backend("epoll"), precise_(kernel::allows(kernel::feature::epoll_pwait2)) {
  signal_ = &attention_;
  signal_mask_ = ~0U;
}

epoll_backend::~epoll_backend() {
  threads_.reset();
  if (eventfd_ >= 0) close(eventfd_);
  if (epoll_ >= 0) close(epoll_);
}

/// The registrations are the parent's too: nothing is taken out, and the threads are not here.
void epoll_backend::forked() noexcept {
  signal_ = &quiet;
  signal_mask_ = 0;
  queued_ = 0;
  if (epoll_ >= 0) close(std::exchange(epoll_, -1));
  if (eventfd_ >= 0) close(std::exchange(eventfd_, -1));
}

void epoll_backend::attach(event_loop& loop) {
  io_backend::attach(loop);
  without_blocking::prepare_for_forks();
  occupy_standard_descriptors();
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) throw std::system_error(errno, std::system_category(), "epoll_create");
  eventfd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (eventfd_ < 0) throw std::system_error(errno, std::system_category(), "eventfd for waking the loop");
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = static_cast<unsigned>(eventfd_);  // a serial that no entry has
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, eventfd_, &event) != 0)
    throw std::system_error(errno, std::system_category(), "epoll_ctl for waking the loop");
  events_ = std::make_unique<epoll_event[]>(events_at_a_time);
  threads_ = std::make_unique<thread_calls>(eventfd_);
}

void epoll_backend::poll() {
  threads_->repeat_interruptions();
  bool told = tell_done();
  told |= serve_attended();
  if (threads_->size() != 0) told |= take_ended(true);
  bool const looks = attention_ != 0 && !(told && looked_);
  if (looks) look(clock::duration::zero());
  looked_ = looks;
}

void epoll_backend::wait(clock::time_point deadline) {
  bool const measures = adaptive_spin::can_pay();
  auto const start = deadline != never || measures ? clock::monotonic() : clock::time_point();
  bool const calls = threads_->size() != 0;
  if (queued_ != 0 || deadline <= start || (calls && !threads_->sleep())) return poll();
  clock::duration most = deadline == never ? clock::duration::max() : std::max<clock::duration>(deadline - start, shortest_sleep);
  if (threads_->interrupting()) most = std::min<clock::duration>(most, thread_calls::between_interruptions);
  unsigned events = look(most);
  looked_ = true;
  if (calls) {
    threads_->awake();
    threads_->repeat_interruptions();
    events += take_ended(true) ? 1 : 0;
  }
  if (measures) spin_.slept(clock::monotonic() - start, events);
}

bool epoll_backend::spin(inbox const& sent, clock::time_point deadline) {
  auto const end = std::min(deadline, clock::monotonic() + adaptive_spin::longest);
  unsigned events = 0;
  do {
    if (queued_ != 0 || threads_->any_ended()) {
      poll();
      events += 1;
    }
    for (int i = 0; i < 32 && sent.empty() && events == 0; ++i) detail::pause_processor();
    if (!sent.empty()) events += 1;
    if (events == 0 && attention_ != 0) events += look(clock::duration::zero());
  } while (events == 0 && clock::monotonic() < end);
  spin_.spun(events);
  return events > 0 || end == deadline;
}

descriptor_entry* epoll_backend::entry_of(epoll_event const& event) const noexcept {
  return table_.find(static_cast<int>(event.data.u64 & 0xffffffffU));
}

/// Waits for events and serves them. How many there were.
unsigned epoll_backend::look(clock::duration most) {
  int const count = sleep(most);
  if (count < 0 && errno != EINTR) throw std::system_error(errno, std::system_category(), "epoll_wait");
  std::span const events(events_.get(), static_cast<std::size_t>(std::max(count, 0)));
  for (epoll_event const& event : events) __builtin_prefetch(entry_of(event));
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i + events_ahead < events.size()) prefetch_reader(entry_of(events[i + events_ahead]));
    descriptor_entry* const e = entry_of(events[i]);
    if (e && e->serial != 0 && e->serial == events[i].data.u64 >> 32) event_came(*e, events[i].events);
  }
  return static_cast<unsigned>(events.size());
}

int epoll_backend::sleep(clock::duration most) noexcept {
  using std::chrono::milliseconds;
  if (most == clock::duration::zero() || most == clock::duration::max())
    return epoll_wait(epoll_, events_.get(), events_at_a_time, most == clock::duration::zero() ? 0 : -1);
  if (precise_) {
    timespec const timeout{static_cast<std::time_t>(std::chrono::duration_cast<std::chrono::seconds>(most).count()),
                           static_cast<long>((most % std::chrono::seconds(1)).count())};
    int const count = epoll_pwait2(epoll_, events_.get(), events_at_a_time, &timeout, nullptr);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    precise_ = false;  // Linux below 5.11, or a filter that does not know it
  }
  constexpr clock::duration longest = std::chrono::hours(24);
  auto const rounded = std::chrono::ceil<milliseconds>(std::min(most, longest));
  return epoll_wait(epoll_, events_.get(), events_at_a_time, static_cast<int>(rounded.count()));
}

void epoll_backend::event_came(descriptor_entry& e, std::uint32_t events) {
  if (e.keeper == 0) e.registered = 0;  // it has fired
  if (events & (input_events | always_told)) e.readable = true;
  if (events & (output_events | always_told)) e.writable = true;
  if (events & (EPOLLRDHUP | EPOLLPRI | always_told)) e.hung_up = true;
  serve_polls(e, events);
  serve(e);
}

void epoll_backend::serve_polls(descriptor_entry& e, std::uint32_t events) {
  operation_list came;
  for (io_operation *op = e.polls.first(), *next; op; op = next) {
    next = op->next;
    std::uint32_t const told = events & (events_of(*op) | always_told);
    if (told == 0) continue;
    e.polls.remove(*op);
    count_waiting(-1);
    op->result = static_cast<int>(told);
    set_stage(*op, stage::done);
    came.push(*op);
  }
  while (!came.empty()) tell(came.pop());
}

void epoll_backend::serve(descriptor_entry& e) {
  serve_list(e, e.readers, &descriptor_entry::readable);
  serve_list(e, e.writers, &descriptor_entry::writable);
  if (e.keeper == 0 && e.registered == 0 && !e.attended && e.has_waiters()) rearm(e);
}

/// A descriptor was told to be ready, and then was not. If it says so still, nobody else was quicker.
bool epoll_backend::is_in_vain(descriptor_entry& e, bool reading) noexcept {
  pollfd ready{e.fd, static_cast<short>(reading ? POLLIN : POLLOUT), 0};
  e.in_vain = ::poll(&ready, 1, 0) > 0 ? e.in_vain + 1 : 0;
  return e.in_vain == most_in_vain;
}

void epoll_backend::serve_list(descriptor_entry& e, operation_list& list, bool descriptor_entry::*ready) {
  for (int served = 0; !list.empty() && e.*ready; ++served) {
    if (served == most_served) return attend(e);
    io_operation& op = *list.first();
    stage const s = stage_of(op);
    progress out = try_now(op, s == stage::second_writing ? nullptr : &e);
    if ((out == progress::await_input && s == stage::reading) || (out == progress::await_output && s == stage::writing) ||
        (out == progress::await_second_output && s == stage::second_writing)) {
      e.*ready = false;
      if (e.keeper != 0 || !is_in_vain(e, s == stage::reading)) return;
      out = progress::patience;
    }
    e.in_vain = 0;
    list.remove(op);
    count_waiting(-1);
    go_on(op, out, true);
  }
}

/// What was left for this pass.
bool epoll_backend::serve_attended() {
  if (attended_.empty()) return false;
  std::vector<descriptor_entry*> now;
  std::swap(now, attended_);
  queued_ -= static_cast<unsigned>(now.size());
  for (descriptor_entry* e : now) {
    e->attended = false;
    serve(*e);
  }
  return true;
}

bool epoll_backend::tell_done() {
  if (done_.empty()) return false;
  operation_list now = std::exchange(done_, {});
  while (!now.empty()) {
    --queued_;
    tell(now.pop());
  }
  return true;
}

/// Takes back what worker threads have ended.
bool epoll_backend::take_ended(bool telling) {
  bool any = false;
  progress out;
  while (io_operation* const op = threads_->take_ended(out)) {
    any = true;
    count_thread(*op, -1);
    go_on(*op, out, telling);
  }
  return any;
}

void epoll_backend::wake() noexcept {
  std::uint64_t const one = 1;
  // It fails only if the counter is full, and then the loop is being woken anyway.
  static_cast<void>(!write(eventfd_, &one, sizeof one));
}

void epoll_backend::drain() {
  draining_ = true;
  standard_streams() = {};
  for (std::string const& line : detail::describe_open_descriptors(loop())) report(line);
  stop_watching();
  table_.for_each([this](descriptor_entry& e) { end_waiters(e); });
  threads_->for_each([this](io_operation& op) { stop_in_thread(op); });
  while (in_flight_ > 0) {
    tell_done();
    take_ended(true);
    if (in_flight_ > 0 && done_.empty()) threads_->wait_a_moment();
  }
  threads_.reset();
}

}  // namespace halka
