// SPDX-License-Identifier: MIT
#include "subprocess.hpp"

#include "../../io/io_backend.hpp"
#include "../../io/make_pipe.hpp"
#include "../../io/operation_awaiter.hpp"
#include "../../io/signal_name.hpp"
#include "../../io/spawn.hpp"
#include "../gather.hpp"
#include "watched_child.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

namespace halka {

/// This program's ends; none where there is no pipe.
struct subprocess::pipes {
  std::optional<stream> input;
  std::optional<stream> output;
  std::optional<stream> error;
  process_output collected;  // by a `communicate` that was cancelled
};

namespace {

/// The descriptors that go to the child, until it has them.
class child_ends {
 public:
  child_ends(std::size_t limit, std::source_location here) noexcept : here_(here) { streams_.limit = limit; }

  /// The descriptor that the child gets, -1 for what it inherits; `own` becomes the other end of a pipe.
  int input(stdio what, std::optional<stream>& own) {
    if (what != stdio::pipe) return other(what);
    pipe_ends ends = make_pipe(here_);
    own.emplace(std::move(ends.write_end), streams_);
    return keep(std::move(ends.read_end));
  }
  int output(stdio what, std::optional<stream>& own) {
    if (what != stdio::pipe) return other(what);
    pipe_ends ends = make_pipe(here_);
    own.emplace(std::move(ends.read_end), streams_);
    return keep(std::move(ends.write_end));
  }
  int error(stdio what, int standard_output, std::optional<stream>& own) {
    if (what != stdio::merged) return output(what, own);
    return standard_output >= 0 ? standard_output : STDOUT_FILENO;
  }

 private:
  int keep(unique_fd fd) {
    kept_.push_back(std::move(fd));
    return kept_.back().get();
  }
  int other(stdio what) {
    if (what == stdio::merged) throw std::invalid_argument("stdio::merged is for the standard error");
    if (what != stdio::null) return what.number();
    int const fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0) detail::throw_io_error(errno, "open /dev/null");
    return keep(unique_fd(fd, here_));
  }

  std::source_location here_;
  stream_options streams_;
  std::vector<unique_fd> kept_;
};

bool nobody_reads(std::system_error const& e) noexcept { return e.code().value() == EPIPE || e.code().value() == ECONNRESET; }

task<> feed(std::optional<stream>& to, const_buffer input) {
  if (!to || !to->is_open()) co_return;
  try {
    if (!input.empty()) co_await to->write(input);
  } catch (std::system_error const& e) {
    if (!nobody_reads(e)) throw;
  }
  co_await to->close();
}

task<> collect(std::optional<stream>& from, std::string& into) {
  if (!from || !from->is_open()) co_return;
  into = co_await from->read_all();
  co_await from->close();
}

std::string shortened(std::string text) {
  constexpr std::size_t longest = 60;
  if (text.size() > longest) text.replace(longest, std::string::npos, "...");
  return text;
}

}  // namespace

subprocess subprocess::start(command const& what, process_options const& options, std::source_location here) {
  event_loop& loop = get_running_loop();
  static_cast<void>(io_backend::of(loop));  // throws if this loop has no operations
  subprocess result;
  result.kill_on_cancel_ = options.kill_on_cancel;
  result.pipes_ = std::make_shared<pipes>();
  auto const child = std::make_shared<watched_child>(loop, shortened(what.to_string()), options.kill_group);

  child_ends ends(options.limit, here);
  io::spawn_options low;
  low.standard_input = ends.input(options.standard_input, result.pipes_->input);
  low.standard_output = ends.output(options.standard_output, result.pipes_->output);
  low.standard_error = ends.error(options.standard_error, low.standard_output, result.pipes_->error);
  low.inherited = options.inherited_fds;
  low.cwd = options.cwd;
  low.environment = options.environment;
  low.inherit_environment = options.inherit_environment;
  low.new_process_group = options.new_process_group || options.kill_group;
  low.new_session = options.new_session;
  child->begin(io::spawn_process(what.arguments(), low, here));
  result.child_ = child;
  return result;
}

subprocess& subprocess::operator=(subprocess&& other) noexcept {
  if (this == &other) return *this;
  drop();
  child_ = std::move(other.child_);
  pipes_ = std::move(other.pipes_);
  kill_on_cancel_ = other.kill_on_cancel_;
  return *this;
}

subprocess::~subprocess() { drop(); }

void subprocess::drop() noexcept {
  if (is_running() && !child_->is_detached()) child_->kill();
  child_.reset();
  pipes_.reset();
}

watched_child& subprocess::child() const {
  if (!child_) throw std::logic_error("use of a subprocess that was not started or was moved from");
  return *child_;
}

int subprocess::pid() const { return child().pid(); }
std::optional<int> subprocess::return_code() const noexcept { return child_ ? child_->status() : std::nullopt; }
bool subprocess::is_running() const noexcept { return child_ && !child_->ended(); }
void subprocess::detach() { child().detach(); }

bool subprocess::send_signal(int number) { return child().send(number); }
bool subprocess::send_signal(std::string_view name) { return child().send(signal_number(name)); }
bool subprocess::terminate() { return child().send(SIGTERM); }
bool subprocess::kill() { return child().send(SIGKILL); }

stream& subprocess::pipe(std::optional<stream> pipes::*which, char const* name) const {
  child();
  std::optional<stream>& s = (*pipes_).*which;
  if (s) return *s;
  throw std::logic_error("the " + std::string(name) + " of process " + std::to_string(pid()) + " (" + child().name() +
                         ") is no pipe: start it with stdio::pipe there");
}

stream& subprocess::standard_input() const { return pipe(&pipes::input, "standard input"); }
stream& subprocess::standard_output() const { return pipe(&pipes::output, "standard output"); }
stream& subprocess::standard_error() const { return pipe(&pipes::error, "standard error"); }

subprocess::statistics_type subprocess::statistics() const {
  statistics_type s;
  if (!child_) return s;
  s.waiting = child_->waiting();
  auto const counts = [](std::optional<stream> const& p) { return p ? p->statistics() : stream::statistics_type(); };
  s.input_bytes = counts(pipes_->input).bytes_sent;
  s.output_bytes = counts(pipes_->output).bytes_received;
  s.error_bytes = counts(pipes_->error).bytes_received;
  return s;
}

task<int> subprocess::wait() {
  child();
  return wait_for(child_, kill_on_cancel_);
}

task<process_output> subprocess::communicate(const_buffer input) {
  child();
  if (!input.empty()) standard_input();
  return talk(child_, pipes_, input, kill_on_cancel_);
}

task<> subprocess::close() {
  child();
  return stop(child_, pipes_);
}

namespace {

/// Whoever awaited the child was cancelled: ends it first if that is wanted.
task<> give_up(watched_child& child, bool kill, std::exception_ptr cancelled) {
  if (kill) {
    child.kill();
    co_await child.wait_end_anyway();
  }
  std::rethrow_exception(cancelled);
}

}  // namespace

task<int> subprocess::wait_for(std::shared_ptr<watched_child> child, bool kill_on_cancel) {
  std::exception_ptr cancelled;
  try {
    co_await child->wait_end();
  } catch (cancelled_error const&) {
    cancelled = std::current_exception();
  }
  if (cancelled) co_await give_up(*child, kill_on_cancel, std::move(cancelled));
  co_return child->checked_status();
}

task<process_output> subprocess::talk(std::shared_ptr<watched_child> child, std::shared_ptr<pipes> p, const_buffer input,
                                      bool kill_on_cancel) {
  std::exception_ptr cancelled;
  try {
    co_await gather(feed(p->input, input), collect(p->output, p->collected.output), collect(p->error, p->collected.error));
    co_await child->wait_end();
  } catch (cancelled_error const&) {
    cancelled = std::current_exception();
  }
  if (cancelled) co_await give_up(*child, kill_on_cancel, std::move(cancelled));
  static_cast<void>(child->checked_status());
  co_return std::exchange(p->collected, {});
}

task<> subprocess::stop(std::shared_ptr<watched_child> child, std::shared_ptr<pipes> p) {
  for (std::optional<stream>* const s : {&p->input, &p->output, &p->error})
    if (*s) (*s)->close();
  if (child->is_detached()) co_return;
  if (!child->ended()) child->kill();
  co_await child->wait_end_anyway();
}

}  // namespace halka
