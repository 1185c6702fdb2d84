// SPDX-License-Identifier: MIT
#include "server_state.hpp"

#include "../../sched/create_task.hpp"
#include "../../sched/errors.hpp"
#include "../../sched/traceback.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace halka {

namespace {

constexpr std::chrono::milliseconds retry_delay(100);
/// Pauses that follow each other faster are one episode, and reported once.
constexpr std::chrono::seconds same_episode(5);

}  // namespace

server_state::server_state(connection_handler handler, int backlog, stream_options const& options)
    : loop_(get_running_loop()),
      handler_(std::move(handler)),
      context_(current_context()),
      backlog_(backlog),
      stream_options_(options),
      name_("server") {}

server_state::~server_state() { close(); }

void server_state::add_listener(unique_fd fd, acceptor::ownership owned, std::source_location opened_at) {
  acceptors_.push_back(std::make_unique<acceptor>(*this, io_backend::of(loop_), std::move(fd), owned, opened_at));
  socket_address const& address = acceptors_.back()->address();
  if (acceptors_.size() > 1) return;
  name_ = "server " + address.to_string();
  port_ = address.port();
}

// -- what the program asks for

void server_state::check_not_closed() const {
  if (phase_ == phase::closed) throw std::logic_error(name_ + " is closed");
}

void server_state::start() {
  check_not_closed();
  if (phase_ == phase::serving) return;
  phase_ = phase::serving;
  for (auto const& a : acceptors_) a->start(backlog_);
}

void server_state::close() noexcept {
  if (phase_ == phase::closed) return;
  phase_ = phase::closed;
  retry_.cancel();
  file_.remove();
  for (auto const& a : acceptors_) a->stop();
  closing_.set();
  if (statistics_.connections == 0) ended_.set();
}

void server_state::cancel_connections() {
  for (served_connection* c = first_; c; c = c->next)
    if (c->task) c->task->cancel();
}

void server_state::abort_connections() {
  for (served_connection* c = first_; c; c = c->next)
    if (c->connection) c->connection->abort();
  cancel_connections();
}

std::vector<socket_address> server_state::addresses() const {
  std::vector<socket_address> list;
  if (phase_ != phase::closed)
    for (auto const& a : acceptors_) list.push_back(a->address());
  return list;
}

task<> server_state::until_ended(std::shared_ptr<server_state> self) { co_await self->ended_.wait(); }

task<> server_state::serve_forever(std::shared_ptr<server_state> self) {
  self->check_not_closed();
  if (self->served_forever_) throw std::logic_error(self->name_ + ": serve_forever is running already");
  self->start();
  self->served_forever_ = true;
  std::exception_ptr cancellation;
  try {
    co_await self->closing_.wait();
  } catch (cancelled_error const&) {
    cancellation = std::current_exception();
  }
  if (cancellation) {
    self->close();
    self->cancel_connections();
  }
  co_await self->ended_.wait();
  if (cancellation) std::rethrow_exception(cancellation);
}

// -- what acceptors tell

void server_state::connected(unique_fd fd, socket_address const& peer) noexcept {
  try {
    ++statistics_.accepted;
    context_scope const context(context_);
    stream s(std::move(fd), stream_options_, peer);
    auto record = std::make_unique<served_connection>(shared_from_this(), s);
    served_connection& c = *record;
    auto const served = create_task(serve_connection(std::move(record), std::move(s)), {.name = c.name()});
    c.task = &served.state();
  } catch (...) {
    report(name_ + " lost the connection of " + peer.to_string(), std::current_exception());
  }
}

void server_state::pause_after(std::exception_ptr const& reason) noexcept {
  ++statistics_.pauses;
  clock::time_point const now = loop_.time();
  bool const known = last_pause_ != clock::time_point::min() && now - last_pause_ < same_episode;
  last_pause_ = now;
  retry_.cancel();
  try {
    retry_ = loop_.call_later(retry_delay, [weak = weak_from_this()] {
      if (auto const self = weak.lock()) self->resume_all();
    });
  } catch (...) {
    // No memory for a timer: the next connection that ends lets it go on.
  }
  if (!known) report(name_ + " cannot accept connections and waits", reason);
}

void server_state::resume_all() noexcept {
  retry_.cancel();
  for (auto const& a : acceptors_) a->resume();
}

// -- what connections tell

void server_state::add(served_connection& c) noexcept {
  c.next = first_;
  if (first_) first_->previous = &c;
  first_ = &c;
  ++statistics_.connections;
}

void server_state::remove(served_connection& c) noexcept {
  (c.previous ? c.previous->next : first_) = c.next;
  if (c.next) c.next->previous = c.previous;
  --statistics_.connections;
  if (phase_ == phase::serving && !loop_.is_closed()) resume_all();
  if (phase_ == phase::closed && statistics_.connections == 0) ended_.set();
}

std::string server_state::next_client_name() const {
  return "client " + std::to_string(statistics_.accepted) + " of " +
         (acceptors_.empty() ? "" : acceptors_.front()->address().to_string());
}

void server_state::report_failure(served_connection const& c, std::exception_ptr const& failure) noexcept {
  ++statistics_.failed;
  try {
    report("unhandled exception in connection handler of " + name_ + " for " + c.name(), failure);
  } catch (...) {
    report("unhandled exception in connection handler", failure);
  }
}

void server_state::report(std::string message, std::exception_ptr const& e) const noexcept {
  try {
    exception_context context;
    context.message = std::move(message);
    context.exception = e;
    context.traceback = traceback(e);
    if (task_state const* const t = detail::current.task) {
      context.task_id = t->id();
      context.task_name = t->name();
    }
    loop_.call_exception_handler(context);
  } catch (...) {
    halka::report("a server's error was lost");
  }
}

}  // namespace halka
