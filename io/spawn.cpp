// SPDX-License-Identifier: MIT
#include "spawn.hpp"

#include "operation_awaiter.hpp"
#include "program_path.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace halka::io {

namespace {

constexpr int first_free = 3;  // behind the standard descriptors

void check_text(std::string_view text, std::string_view program, std::string const& what) {
  if (text.find('\0') != std::string_view::npos)
    throw std::invalid_argument("start " + std::string(program) + ": " + what + " contains a zero byte");
}

void check_arguments(std::span<std::string const> arguments, spawn_options const& options) {
  if (arguments.empty() || arguments.front().empty()) throw std::invalid_argument("a command needs the name of a program");
  std::string_view const program = std::string_view(arguments.front()).substr(0, arguments.front().find('\0'));
  for (std::size_t i = 0; i < arguments.size(); ++i)
    check_text(arguments[i], program, i == 0 ? std::string("its name") : "argument " + std::to_string(i));
  check_text(options.cwd, program, "the directory");
  for (std::string const& entry : options.environment) {
    check_text(entry, program, "the environment");
    if (entry.empty() || entry.front() == '=')
      throw std::invalid_argument("start " + std::string(program) + ": '" + entry + "' in the environment names no variable");
  }
}

void check_descriptor(int fd, std::string const& program) {
  if (fcntl(fd, F_GETFD) < 0) detail::throw_io_error(errno, "start " + program + " with descriptor " + std::to_string(fd));
}

void check_status_is_kept() {
  struct sigaction now {};
  sigaction(SIGCHLD, nullptr, &now);
  if (now.sa_handler == SIG_IGN || (now.sa_flags & SA_NOCLDWAIT))
    throw std::logic_error(
        "a child process cannot be waited for while this program ignores SIGCHLD: set it to SIG_DFL, without SA_NOCLDWAIT");
}

std::string_view variable_of(std::string_view entry) noexcept { return entry.substr(0, entry.find('=')); }

/// What the child finds in `environ`.
std::vector<char*> make_environment(spawn_options const& options) {
  std::vector<char*> result;
  if (options.inherit_environment) {
    for (char** entry = environ; entry && *entry; ++entry) {
      auto const same = [&](std::string const& other) { return variable_of(other) == variable_of(*entry); };
      if (std::ranges::none_of(options.environment, same)) result.push_back(*entry);
    }
  }
  for (std::string const& entry : options.environment)
    if (entry.find('=') != std::string::npos) result.push_back(const_cast<char*>(entry.c_str()));
  result.push_back(nullptr);
  return result;
}

std::string_view path_in(std::vector<char*> const& environment) noexcept {
  constexpr std::string_view name = "PATH=";
  for (char const* entry : environment)
    if (entry && std::string_view(entry).starts_with(name)) return std::string_view(entry).substr(name.size());
  return "/bin:/usr/bin";
}

void check_spawn(int error, char const* what) {
  if (error != 0) detail::throw_io_error(error, what);
}

/// What the child does with its descriptors before it begins the program.
class file_actions {
 public:
  file_actions() { check_spawn(posix_spawn_file_actions_init(&actions_), "posix_spawn_file_actions_init"); }
  ~file_actions() { posix_spawn_file_actions_destroy(&actions_); }
  file_actions(file_actions const&) = delete;
  file_actions& operator=(file_actions const&) = delete;

  void change_directory(std::string const& cwd) {
    check_spawn(posix_spawn_file_actions_addchdir_np(&actions_, cwd.c_str()), "posix_spawn_file_actions_addchdir_np");
  }

  /// A source below 3 that goes elsewhere is copied away first: it may be overwritten before its turn comes.
  void map(int from, int to) {
    if (from < 0) return;
    if (from < first_free && from != to) {
      moved_.emplace_back(fcntl(from, F_DUPFD_CLOEXEC, first_free));
      from = moved_.back().get();
      if (from < 0) detail::throw_io_error(errno, "copy a descriptor for a child process");
    }
    duplicate(from, to);
  }

  /// Closes everything but 0, 1, 2 and these.
  void close_all_but(std::span<int const> kept) {
    std::vector<int> sorted(kept.begin(), kept.end());
    std::ranges::sort(sorted);
    int next = first_free;
    for (int const fd : sorted) {
      if (fd < next) continue;  // a standard one, or named twice
      for (; next < fd; ++next)
        check_spawn(posix_spawn_file_actions_addclose(&actions_, next), "posix_spawn_file_actions_addclose");
      duplicate(fd, fd);  // this takes close-on-exec away
      ++next;
    }
    int const error = posix_spawn_file_actions_addclosefrom_np(&actions_, next);
    if (error != EBADF) check_spawn(error, "posix_spawn_file_actions_addclosefrom_np");  // else no descriptor has a number so high
  }

  posix_spawn_file_actions_t const* get() const noexcept { return &actions_; }

 private:
  void duplicate(int from, int to) {
    check_spawn(posix_spawn_file_actions_adddup2(&actions_, from, to), "posix_spawn_file_actions_adddup2");
  }

  posix_spawn_file_actions_t actions_;
  std::vector<unique_fd> moved_;
};

/// The signals and the group with which the child begins.
class attributes {
 public:
  explicit attributes(spawn_options const& options) {
    check_spawn(posix_spawnattr_init(&attributes_), "posix_spawnattr_init");
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t defaults = to_be_reset();
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (options.new_session)
      flags |= POSIX_SPAWN_SETSID;
    else if (options.new_process_group)
      flags |= POSIX_SPAWN_SETPGROUP;
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
    posix_spawnattr_setpgroup(&attributes_, 0);
  }
  ~attributes() { posix_spawnattr_destroy(&attributes_); }
  attributes(attributes const&) = delete;
  attributes& operator=(attributes const&) = delete;

  posix_spawnattr_t const* get() const noexcept { return &attributes_; }

 private:
  static sigset_t to_be_reset() noexcept {
    sigset_t set;
    std::memset(&set, 0xff, sizeof set);  // sigfillset leaves out two of glibc's own, which posix_spawn would then ignore
    for (int const n : {SIGKILL, SIGSTOP}) sigdelset(&set, n);
    for (int const n : {SIGHUP, SIGINT, SIGQUIT}) {
      struct sigaction now {};
      if (sigaction(n, nullptr, &now) == 0 && !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_IGN) sigdelset(&set, n);
    }
    return set;
  }

  posix_spawnattr_t attributes_;
};

}  // namespace

spawned_process spawn_process(std::span<std::string const> arguments, spawn_options const& options, std::source_location here) {
  check_arguments(arguments, options);
  if (options.status_wanted) check_status_is_kept();
  std::string const& name = arguments.front();
  std::vector<char*> const environment = make_environment(options);
  std::string const file = detail::find_program(name, path_in(environment), options.cwd);
  std::vector<char*> argv;
  for (std::string const& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  for (int const fd : {options.standard_input, options.standard_output, options.standard_error})
    if (fd >= 0) check_descriptor(fd, name);
  for (int const fd : options.inherited) check_descriptor(fd, name);
  file_actions actions;
  actions.map(options.standard_input, STDIN_FILENO);
  actions.map(options.standard_output, STDOUT_FILENO);
  actions.map(options.standard_error, STDERR_FILENO);
  actions.close_all_but(options.inherited);
  if (!options.cwd.empty()) actions.change_directory(std::string(options.cwd));
  attributes const how(options);

  // The place of the pidfd: a program shall not begin and be killed for want of a descriptor.
  unique_fd place(eventfd(0, EFD_CLOEXEC));
  if (!place) detail::throw_io_error(errno, "start " + name);
  pid_t pid = 0;
  if (int const error = posix_spawn(&pid, file.c_str(), actions.get(), how.get(), argv.data(), environment.data()))
    detail::throw_start_error(error, name, file, options.cwd);
  place.close();
  int const pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) {
    int const error = errno;
    if (error == ESRCH && !options.status_wanted) return {pid, unique_fd()};  // it has ended, and nobody had to take its status
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    detail::throw_io_error(error, "pidfd_open for " + name);
  }
  return {pid, unique_fd(pidfd, here)};
}

}  // namespace halka::io
