// SPDX-License-Identifier: MIT
#include "pool_worker.hpp"

#include "pool_state.hpp"
#include "ring_message.hpp"
#include "serve_pool.hpp"

#include "../../io/io_backend.hpp"
#include "../../io/operation_awaiter.hpp"
#include "../../sched/event_loop.hpp"
#include "../child/zygote.hpp"
#include "../message/remote_error.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace halka::detail {

namespace {

void make_nonblocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

}  // namespace

pool_worker::pool_worker(pool_state& pool, event_loop& loop)
    : io_operation(completed),
      pool_(&pool),
      loop_(loop),
      requests_(block_.shared().requests, block_.request_memory()),
      results_(block_.shared().results, block_.result_memory()) {}

pool_worker::~pool_worker() { abandon(); }

void pool_worker::start(zygote& z, worker_settings const& settings, int results) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) throw_io_error(errno, "start a worker process");
  inner_fd const theirs(pair[1]);
  socket_ = inner_fd(pair[0]);
  make_nonblocking(pair[0]);
  int error_pipe[2];
  if (pipe2(error_pipe, O_CLOEXEC) != 0) throw_io_error(errno, "start a worker process");
  inner_fd from_errors(error_pipe[0]);
  inner_fd const to_errors(error_pipe[1]);
  make_nonblocking(error_pipe[0]);

  message_writer arguments;
  write_worker_arguments(arguments, {block_.descriptor(), results, theirs.get(), settings.initializer, settings.note_times});
  started_child child = z.start({.main = serve_pool,
                                 .arguments = &arguments,
                                 .name = settings.name,
                                 .standard_output = STDOUT_FILENO,
                                 .standard_error = to_errors.get(),
                                 .limits = settings.limits});
  may_initialize_ = settings.initializer != nullptr;
  pid_ = child.pid;
  pidfd_ = inner_fd(std::move(child.pidfd));
  status_pipe_ = inner_fd(std::move(child.status));
  block_.close_descriptor();
  phase_ = phase::serving;
  errors_ = std::make_shared<worker_errors>(loop_, std::move(from_errors));
  code = opcode::read;
  fd = status_pipe_.get();
  address = &status_;
  length = sizeof status_;
  offset = current_position;
  try {
    errors_->begin();
    io_backend::of(loop_).submit(*this);  // lifetime: `running_` keeps the operation and `status_`
    running_ = shared_from_this();
  } catch (...) {
    kill();
    errors_->close();
    throw;
  }
}

bool pool_worker::give(pool_job& job, message_writer const& message) {
  if (!post_message(requests_, socket_.get(), {job.number_, 0}, message, job.position_)) {
    full_ = true;
    return false;
  }
  job.large_ = message.memory() >= 0;
  large_ += job.large_;
  job.worker_ = this;
  job.phase_ = pool_job::phase::sent;
  jobs_.push_back(job);
  ++given_;
  given_since_wake_ = true;
  return true;
}

void pool_worker::wake() noexcept {
  if (std::exchange(given_since_wake_, false)) block_.shared().worker.wake(wake_word::for_work);
}

void pool_worker::unlink(pool_job& job) noexcept {
  large_ -= job.large_;
  job.worker_ = nullptr;
  job_list::remove(job);
}

bool pool_worker::settle_front() {
  record* const front = results_.front();
  if (!front) return false;
  ring_message message(results_, *front, socket_.get());
  if (may_initialize_ && message.kind() == static_cast<std::uint32_t>(result_kind::broken)) {
    remote_error e;
    message.read([&e](message_reader& in) { in(e); });
    message.pop();
    pool_->break_down(pid_, e.what());
    return true;
  }
  pool_job* const job = jobs_.front();
  if (!job || job->number_ != message.number()) throw std::runtime_error("a worker process sent a result that nobody asked for");
  try {
    if (message.kind() == static_cast<std::uint32_t>(result_kind::value)) {
      message.read([job](message_reader& in) { job->read(in); });
    } else {
      remote_error e;
      message.read([&e](message_reader& in) { in(e); });
      job->error_ = std::make_exception_ptr(e);
    }
  } catch (...) {
    job->error_ = std::current_exception();
  }
  message.pop();
  may_initialize_ = false;
  unlink(*job);
  pool_->settle(*job);
  return true;
}

bool pool_worker::collect() noexcept {
  bool any = false;
  try {
    while (pool_ && settle_front()) any = true;
  } catch (...) {
    garbled_ = true;
    kill();
  }
  if (any) {
    full_ = false;
    block_.shared().worker.wake(wake_word::for_room);
  }
  return any;
}

bool pool_worker::listen() noexcept {
  return block_.shared().pool.listen([this] { return !results_.empty(); });
}

bool pool_worker::take_back(pool_job& job) noexcept {
  try {
    if (!requests_.take_back(job.position_)) return false;
  } catch (std::runtime_error const&) {
    garbled_ = true;
    kill();
    return false;
  }
  --given_;
  unlink(job);
  return true;
}

std::int64_t pool_worker::began() noexcept {
  try {
    return jobs_.empty() ? 0 : requests_.began(jobs_.front()->position_);
  } catch (std::runtime_error const&) {
    garbled_ = true;
    kill();
    return 0;
  }
}

void pool_worker::forget(pool_job& job) noexcept { unlink(job); }

void pool_worker::leave() noexcept {
  if (phase_ != phase::serving) return;
  phase_ = phase::leaving;
  told_ = true;
  block_.shared().stop.store(1);
  block_.shared().worker.wake(wake_word::for_work);
}

void pool_worker::kill() noexcept {
  if (phase_ != phase::serving && phase_ != phase::leaving) return;
  phase_ = phase::killed;
  told_ = killed_ = true;
  send_signal(SIGKILL);
}

void pool_worker::send_signal(int number) noexcept { syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0); }

void pool_worker::abandon() noexcept {
  pool_ = nullptr;
  kill();
  if (errors_) errors_->close();
}

void pool_worker::completed(io_operation& op) {
  auto& self = static_cast<pool_worker&>(op);
  std::shared_ptr<pool_worker> const alive = std::move(self.running_);
  if (self.loop_.is_closed()) return self.abandon();
  // Nothing has happened yet, or there was no memory for it.
  if (self.result == -EINTR || self.result == -EAGAIN || self.result == -ENOMEM) {
    try {
      io_backend::of(self.loop_).submit(self);
      self.running_ = alive;
      return;
    } catch (...) {
      self.send_signal(SIGKILL);
    }
  }
  if (self.result < 0) self.send_signal(SIGKILL);  // nobody would hear of its end
  // No status: the zygote was killed, and with it all its children.
  int const status = self.result == static_cast<int>(sizeof self.status_) ? self.status_ : -SIGKILL;
  self.collect();
  self.errors_->drain();
  self.phase_ = phase::gone;
  if (self.pool_) self.pool_->worker_ended(self, status);
  self.errors_->close();
}

}  // namespace halka::detail
