// SPDX-License-Identifier: MIT
#include "signal_receiver.hpp"

#include "../sched/event_loop.hpp"
#include "operation_awaiter.hpp"
#include "signal_name.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace halka::detail {

namespace {

constexpr int highest_signal = 64;

// What the handler touches. All lock-free.
std::atomic<signal_receiver*> first_receiver = nullptr;
std::atomic<int> handlers_running = 0;

/// What the handler does not touch.
struct disposition {
  unsigned receivers = 0;
  struct sigaction before {};
};
struct process_state {
  std::mutex mutex;
  std::array<disposition, highest_signal + 1> dispositions;
};
process_state& process() {
  static process_state& state = *new process_state;  // never freed: loops may be destroyed after it would be
  return state;
}

void on_signal(int number) {
  int const error = errno;
  tell_receivers(number);
  errno = error;
}

bool is_ours(struct sigaction const& action) noexcept { return !(action.sa_flags & SA_SIGINFO) && action.sa_handler == on_signal; }

void install(int number, disposition& d) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  if (sigaction(number, &action, &d.before) == 0) return;
  throw std::logic_error(signal_name(number) + " cannot be caught");
}

void restore(int number, disposition const& d) noexcept {
  struct sigaction now {};
  if (sigaction(number, nullptr, &now) == 0 && is_ours(now)) sigaction(number, &d.before, nullptr);
}

}  // namespace

void check_catchable(int number) {
  if (number < 1 || number > highest_signal)
    throw std::invalid_argument(std::to_string(number) + " is no signal: their numbers are 1 to " + std::to_string(highest_signal));
  switch (number) {
    case SIGKILL:
    case SIGSTOP:
      throw std::logic_error(signal_name(number) + " cannot be caught");
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
      throw std::logic_error(signal_name(number) + " tells of a fault that the program would meet again: it cannot be waited for");
    default:
      break;
  }
}

void tell_receivers(int number) noexcept {
  std::uint64_t const signal = signal_bit(number);
  bool told = false;
  signal_receiver* last_resort = nullptr;
  bool end_process = false;
  handlers_running.fetch_add(1);
  for (signal_receiver* r = first_receiver.load(); r; r = r->next_.load()) {
    if (!(r->watched_.load() & signal)) continue;
    if (r->kind_ == signal_receiver::kind::last_resort) {
      last_resort = r;
      continue;
    }
    r->tell(signal);
    told = true;
  }
  if (!told && last_resort) {
    if (last_resort->told_.load() == 0)
      last_resort->tell(signal);
    else
      end_process = true;
  }
  handlers_running.fetch_sub(1);
  if (end_process) {
    // The program does not end by itself: let the signal do it.
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
}

signal_receiver::signal_receiver(event_loop& loop, kind k) : loop_(loop), kind_(k) {
  std::lock_guard const lock(process().mutex);
  next_ = first_receiver.load();
  first_receiver = this;
}

signal_receiver::~signal_receiver() {
  for (int n = 1; n <= highest_signal; ++n) unwatch(n);
  unlink();
}

void signal_receiver::unlink() noexcept {
  std::lock_guard const lock(process().mutex);
  std::atomic<signal_receiver*>* place = &first_receiver;
  while (place->load() != this) place = &place->load()->next_;
  *place = next_.load();
  while (handlers_running.load() != 0) std::this_thread::yield();
}

void signal_receiver::watch(int number) {
  check_catchable(number);
  if (watched_.load() & signal_bit(number)) return;
  std::lock_guard const lock(process().mutex);
  disposition& d = process().dispositions[static_cast<std::size_t>(number)];
  watched_.fetch_or(signal_bit(number));
  try {
    // Installed also if there are receivers: the program may have replaced the handler.
    struct sigaction now {};
    if (sigaction(number, nullptr, &now) != 0 || !is_ours(now)) install(number, d);
  } catch (...) {
    watched_.fetch_and(~signal_bit(number));
    throw;
  }
  ++d.receivers;
}

bool signal_receiver::watch_if_default(int number) {
  struct sigaction now {};
  if (sigaction(number, nullptr, &now) != 0) return false;
  {
    std::lock_guard const lock(process().mutex);
    struct sigaction const& standing = is_ours(now) ? process().dispositions[static_cast<std::size_t>(number)].before : now;
    if ((standing.sa_flags & SA_SIGINFO) || standing.sa_handler != SIG_DFL) return false;
  }
  watch(number);
  return true;
}

void signal_receiver::unwatch(int number) noexcept {
  if (!(watched_.load() & signal_bit(number))) return;
  std::lock_guard const lock(process().mutex);
  disposition& d = process().dispositions[static_cast<std::size_t>(number)];
  if (--d.receivers == 0) restore(number, d);  // first, so that a signal in between is not lost
  watched_.fetch_and(~signal_bit(number));
  pending_.fetch_and(~signal_bit(number));
}

void signal_receiver::tell(std::uint64_t signal) noexcept {
  told_.fetch_add(1);
  pending_.fetch_or(signal);
  loop_.nudge();
}

}  // namespace halka::detail
