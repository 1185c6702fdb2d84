// SPDX-License-Identifier: MIT
#include "process.hpp"

#include "../../io/operation_awaiter.hpp"
#include "../../io/readiness.hpp"
#include "../../io/signal_name.hpp"
#include "../../sched/report.hpp"
#include "../child/zygote.hpp"
#include "../message/message_reader.hpp"
#include "../message/message_writer.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <limits>
#include <stdexcept>
#include <system_error>

namespace halka {

namespace {

std::string next_name() {
  static std::atomic<unsigned> count = 0;
  return "process-" + std::to_string(++count);
}

/// What the child runs.
int run_process(message_reader& arguments) {
  message_writer nothing;
  run_remote_call(arguments, nothing);
  return 0;
}

}  // namespace

struct process::state {
  std::string name;
  child_limits limits;
  bool daemon = false;
  std::function<void(message_writer&)> arguments;  // until it was started
  int pid = -1;
  int pidfd = -1;      // not in a loop's ledger, both
  int status_fd = -1;  // readable when it has ended
  std::optional<int> status;

  ~state() {
    for (int const fd : {pidfd, status_fd})
      if (fd >= 0) ::close(fd);
  }

  /// The status, if it has ended by `milliseconds` from now; -1 waits for it.
  std::optional<int> look(int milliseconds) {
    if (status || pid < 0) return status;
    pollfd p{status_fd, POLLIN, 0};
    int const ready = poll(&p, 1, milliseconds);
    if (ready < 0 && errno != EINTR) throw std::system_error(errno, std::system_category(), "wait for process '" + name + '\'');
    if (ready <= 0) return {};
    int told = 0;
    ssize_t got;
    while ((got = read(status_fd, &told, sizeof told)) < 0 && errno == EINTR) {
    }
    return status = got == sizeof told ? told : -SIGKILL;  // the zygote was killed, and its children with it
  }

  static task<int> join(std::shared_ptr<state> self);
};

process::process(process_settings const& settings, std::function<void(message_writer&)> arguments)
    : state_(std::make_shared<state>()) {
  state_->name = settings.name.empty() ? next_name() : std::string(settings.name);
  state_->limits = settings.limits;
  state_->daemon = settings.daemon;
  state_->arguments = std::move(arguments);
}

process::process(process&&) noexcept = default;

process& process::operator=(process&& other) noexcept {
  process old(std::move(*this));
  state_ = std::move(other.state_);
  return *this;
}

process::~process() {
  if (!state_ || state_->pid < 0 || state_->look(0)) return;
  kill();
  if (!state_->daemon)
    report("process '" + state_->name + "' (" + std::to_string(state_->pid) +
           ") was still running when its object was destroyed, and was killed: join it before, or make it a daemon");
}

process::state& process::started() const {
  if (!state_) throw std::logic_error("this process was moved away or closed");
  if (state_->pid < 0) throw std::logic_error("process '" + state_->name + "' was not started");
  return *state_;
}

void process::start() {
  if (!state_) throw std::logic_error("this process was moved away or closed");
  if (state_->pid >= 0) throw std::logic_error("process '" + state_->name + "' was started before: make another one");
  message_writer arguments;
  state_->arguments(arguments);
  child_start what;
  what.main = run_process;
  what.arguments = &arguments;
  what.name = state_->name;
  what.limits = state_->limits;
  started_child child = zygote::common().start(what);
  state_->pid = child.pid;
  state_->pidfd = child.pidfd.release();
  state_->status_fd = child.status.release();
  state_->arguments = nullptr;
}

task<int> process::join() {
  started();
  return state::join(state_);
}

task<int> process::state::join(std::shared_ptr<state> self) {
  std::optional<int> code = self->look(0);
  while (!code) {
    co_await readable(self->status_fd);
    code = self->look(0);
  }
  co_return *code;
}

int process::join_blocking() {
  state& self = started();
  std::optional<int> code = self.look(-1);
  while (!code) code = self.look(-1);
  return *code;
}

std::optional<int> process::join_blocking_for(std::chrono::nanoseconds time) {
  state& self = started();
  auto const end = std::chrono::steady_clock::now() + time;
  while (true) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    auto const wait = static_cast<int>(std::clamp<long long>(left, 0, std::numeric_limits<int>::max()));
    std::optional<int> const code = self.look(wait);
    if (code || left <= 0) return code;
  }
}

int process::pid() const noexcept { return state_ ? state_->pid : -1; }

std::string const& process::name() const noexcept {
  static std::string const none;
  return state_ ? state_->name : none;
}

std::optional<int> process::exit_code() const { return state_ ? state_->look(0) : std::nullopt; }

bool process::is_alive() const { return pid() >= 0 && !exit_code(); }

bool process::send_signal(int number) {
  state& self = started();
  if (syscall(SYS_pidfd_send_signal, self.pidfd, number, nullptr, 0) == 0) return true;
  if (errno == ESRCH) return false;
  detail::throw_io_error(errno, "send " + signal_name(number) + " to process " + std::to_string(self.pid) + " (" + self.name + ')');
}

bool process::terminate() { return send_signal(SIGTERM); }

bool process::kill() { return send_signal(SIGKILL); }

int process::sentinel() const { return started().status_fd; }

void process::close() {
  if (is_alive()) throw std::logic_error("process '" + state_->name + "' still runs: join it, or kill it, before it is closed");
  state_.reset();
}

}  // namespace halka
