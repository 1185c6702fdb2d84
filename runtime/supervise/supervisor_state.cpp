// SPDX-License-Identifier: MIT
#include "supervisor_state.hpp"

#include "../../io/operation_awaiter.hpp"
#include "../../io/signal_name.hpp"
#include "../../io/socket_address.hpp"
#include "../../sched/create_task.hpp"
#include "../child/zygote.hpp"
#include "../message/message_types.hpp"
#include "worker_main.hpp"

#include <sys/socket.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

namespace halka {

namespace {

using namespace std::chrono_literals;

constexpr auto first_delay = 100ms;
constexpr auto longest_delay = 5s;

/// Of the check for silent workers; each of them beats twice as often.
std::chrono::milliseconds check_interval(std::chrono::milliseconds timeout) {
  return timeout > 0ms ? std::clamp<std::chrono::milliseconds>(timeout / 5, 4ms, 1s) : 1s;
}

}  // namespace

supervisor::state::state(supervise_options const& options, detail::kept_worker_call call, std::vector<unique_fd> sockets)
    : options_(options),
      call_(std::move(call)),
      loop_(get_running_loop()),
      sockets_(std::move(sockets)),
      check_interval_(check_interval(options.worker_timeout)),
      random_(std::random_device()()) {
  if (sockets_.empty()) return;
  socket_address const address = socket_address::local_of(sockets_.front().get());
  port_ = address.port();
  log([&] { return "listening at " + address.to_string(); });
}

supervisor::state::~state() { kill_all(); }

// -- starting

void supervisor::state::begin() {
  seats_.resize(options_.workers > 0 ? options_.workers : std::max(1U, std::thread::hardware_concurrency()));
  try {
    for (unsigned i = 0; i < seats_.size(); ++i) seats_[i].current = start_worker(i);
  } catch (...) {
    abandon();
    throw;
  }
  if (options_.worker_timeout > 0ms && call_.in_loop)
    checking_ = create_task(check_beats(shared_from_this()), {.name = "check of the workers"});
}

supervisor::state::worker_ptr supervisor::state::start_worker(unsigned index) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    detail::throw_io_error(errno, "socketpair for a worker");
  unique_fd ours(ends[0]);
  unique_fd const theirs(ends[1]);
  std::uint64_t last_request = options_.max_requests;
  if (last_request > 0) last_request += std::uniform_int_distribution<std::uint64_t>(0, options_.max_requests_jitter)(random_);

  message_writer arguments;
  arguments(index, last_request, check_interval_ / 2, static_cast<std::uint8_t>(options_.backend), sockets_, theirs);
  call_.write(arguments);
  std::string const name = "worker-" + std::to_string(index);
  child_start const what{.main = detail::run_worker, .arguments = &arguments, .name = name, .limits = options_.limits};
  auto const w = std::make_shared<supervised_worker>();
  w->index = index;
  w->child = std::make_shared<watched_child>(loop_, name, false);
  w->control = stream(std::move(ours));
  w->started = clock::now();
  w->child->begin(zygote::common().start(what));
  try {
    log([&] { return w->name() + " started"; });
    create_task(follow(shared_from_this(), w), {.name = name});
  } catch (...) {
    w->child->kill();
    throw;
  }
  return w;
}

template <class F>
void supervisor::state::fill_later(unsigned index, F const& why) {
  seat& s = seats_[index];
  std::chrono::milliseconds const delay =
      std::min<std::chrono::milliseconds>(first_delay * (1U << std::clamp(s.quick_ends, 1U, 7U)) / 2, longest_delay);
  ++s.quick_ends;
  log([&] { return why() + ", another try follows in " + std::to_string(delay.count()) + " ms"; });
  s.next_attempt = loop_.call_later(delay, [weak = weak_from_this(), index] {
    if (auto const self = weak.lock()) self->fill(index);
  });
}

void supervisor::state::fill(unsigned index) {
  if (phase_ != phase::running || index >= seats_.size() || seats_[index].current) return;
  try {
    seats_[index].current = start_worker(index);
  } catch (std::exception const& e) {
    fill_later(index, [&] { return "worker " + std::to_string(index) + " could not be started (" + e.what() + ')'; });
  }
}

// -- ending

void supervisor::state::free_seat_of(worker_ptr const& w, bool quick) {
  auto const s = std::ranges::find(seats_, w, &seat::current);
  if (s == seats_.end() || phase_ != phase::running) return;
  unsigned const index = w->index;
  s->current = std::exchange(s->incoming, nullptr);
  if (s->current) return;
  if (!quick) s->quick_ends = 0;
  if (s->quick_ends > 0) {
    return fill_later(index, [&] { return "worker " + std::to_string(index) + " ends again and again"; });
  }
  if (quick) s->quick_ends = 1;
  fill(index);
}

void supervisor::state::send(supervised_worker const& w, int signal) const {
  try {
    w.child->send(signal);
  } catch (std::system_error const& e) {
    log([&] { return w.name() + " cannot be told: " + e.what(); });  // it has become another user
  }
}

void supervisor::state::leave(worker_ptr const& w, int signal) {
  w->draining = true;
  if (std::ranges::find(leaving_, w) == leaving_.end()) leaving_.push_back(w);
  if (signal != 0) send(*w, signal);
  w->deadline.cancel();
  w->deadline = loop_.call_later(options_.graceful_timeout, [weak = weak_from_this(), leaver = std::weak_ptr(w)] {
    auto const self = weak.lock();
    auto const late = leaver.lock();
    if (!self || !late || late->child->ended()) return;
    self->log([&] { return late->name() + " did not end in time and is killed"; });
    late->child->kill();
  });
}

void supervisor::state::stop(int signal) {
  std::vector<worker_ptr> const workers = all();  // without memory for it nothing has happened
  leaving_.reserve(workers.size());
  if (phase_ == phase::stopping) {
    log([&] { return "killing all workers"; });
    return kill_all();
  }
  if (phase_ == phase::ended) return;
  log([&] {
    return signal == SIGTERM ? "stopping: the workers finish what they have begun" : "stopping: what the workers do is cancelled";
  });
  phase_ = phase::stopping;
  sockets_.clear();
  if (reloading_) reloading_->cancel();
  for (worker_ptr const& w : workers) leave(w, signal);
  for (seat& s : seats_) s.next_attempt.cancel();
  seats_.clear();
  end_if_done();
}

void supervisor::state::give_up() {
  log([&] { return "giving up: " + std::to_string(boot_failures_) + " workers in a row failed before they had begun their work"; });
  exit_code_ = detail::boot_failure;
  stop(SIGTERM);
}

void supervisor::state::end_if_done() {
  if (phase_ != phase::stopping || !leaving_.empty()) return;
  phase_ = phase::ended;
  if (checking_) checking_->cancel();
  log([&] { return "all workers have ended"; });
  ended_.set();
}

void supervisor::state::kill_all() noexcept {
  for (seat const& s : seats_)
    for (worker_ptr const& w : {s.current, s.incoming})
      if (w) w->child->kill();
  for (worker_ptr const& w : leaving_) w->child->kill();
}

void supervisor::state::abandon() noexcept {
  phase_ = phase::ended;
  sockets_.clear();
  for (auto* const t : {&checking_, &reloading_})
    if (*t) (*t)->cancel();
  for (seat& s : seats_) s.next_attempt.cancel();
  for (worker_ptr const& w : leaving_) w->deadline.cancel();
  kill_all();
}

// -- what is asked for

void supervisor::state::reload() {
  if (phase_ != phase::running) return;
  if (reloading_ && !reloading_->done()) return log([&] { return "the workers are being replaced already"; });
  log([&] { return "replacing " + std::to_string(seats_.size()) + " workers"; });
  reloading_ = create_task(replace_all(shared_from_this()), {.name = "reload of the workers"});
}

void supervisor::state::add_worker() {
  if (phase_ != phase::running) return;
  seats_.emplace_back();
  log([&] { return std::to_string(seats_.size()) + " workers"; });
  fill(static_cast<unsigned>(seats_.size() - 1));
}

void supervisor::state::remove_worker() {
  if (phase_ != phase::running || seats_.size() < 2) return;
  seat const last = std::move(seats_.back());
  seats_.pop_back();
  log([&] { return std::to_string(seats_.size()) + " workers"; });
  timer_handle(last.next_attempt).cancel();
  for (worker_ptr const& w : {last.current, last.incoming})
    if (w) leave(w, SIGTERM);
}

std::vector<supervisor::state::worker_ptr> supervisor::state::all() const {
  std::vector<worker_ptr> list = leaving_;
  for (seat const& s : seats_)
    for (worker_ptr const& w : {s.current, s.incoming})
      if (w) list.push_back(w);
  return list;
}

std::vector<supervisor::worker_status> supervisor::state::workers() const {
  std::vector<worker_status> list;
  for (worker_ptr const& w : all()) list.push_back({w->index, w->child->pid(), w->ready, w->draining, w->requests});
  std::ranges::sort(list, {}, &worker_status::index);
  return list;
}

task<int> supervisor::state::wait(std::shared_ptr<state> self) {
  co_await self->ended_.wait();
  co_return self->exit_code_;
}

}  // namespace halka
