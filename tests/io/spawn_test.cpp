// SPDX-License-Identifier: MIT
#include "../support/child_process.hpp"
#include "../support/children.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <halka/io/make_pipe.hpp>
#include <halka/io/spawn.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

using namespace halka;
using namespace halka::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

using words = std::vector<std::string>;

/// What a program prints, run to its end without a loop.
std::string printed(words const& arguments, io::spawn_options options = {}) {
  pipe_ends ends = make_pipe();
  options.standard_output = ends.write_end.get();
  io::spawned_process const process = io::spawn_process(arguments, options);
  ends.write_end.close();
  std::string text;
  char buffer[4096];
  for (ssize_t n = 1; n > 0;) {
    n = read(ends.read_end.get(), buffer, sizeof buffer);
    if (n > 0) text.append(buffer, static_cast<std::size_t>(n));
  }
  waitpid(process.pid, nullptr, 0);
  return text;
}

std::string failure(words const& arguments, io::spawn_options const& options = {}) {
  std::string text;
  std::size_t const before = open_descriptors();
  try {
    io::spawn_process(arguments, options);
  } catch (std::exception const& e) {
    text = e.what();
  }
  CHECK(open_descriptors() == before);
  CHECK(no_children());
  return text;
}

/// The descriptors that a child finds open, in order.
std::vector<int> descriptors_in_child(io::spawn_options const& options = {}) {
  // The shell's own look at the directory is the highest one.
  std::istringstream in(printed({"/bin/sh", "-c", "for f in /proc/self/fd/*; do echo ${f##*/}; done"}, options));
  std::vector<int> found;
  for (int fd; in >> fd;) found.push_back(fd);
  return found;
}

struct temporary_directory {
  temporary_directory() { mkdtemp(path.data()); }
  ~temporary_directory() { std::system(("rm -r " + path).c_str()) == 0 ? void() : std::abort(); }
  std::string file(std::string const& name, std::string const& content, unsigned mode) const {
    std::string const full = path + '/' + name;
    std::ofstream(full) << content;
    chmod(full.c_str(), mode);
    return full;
  }
  std::string path = "/tmp/halka_spawn_XXXXXX";
};

}  // namespace

TEST_CASE("a program gets its arguments as they are", "[io][spawn]") {
  CHECK(printed({"printf", "[%s]", "a b", "", "$HOME", "'\"\\"}) == "[a b][][$HOME]['\"\\]");
}

TEST_CASE("the standard descriptors are mapped, also where they change places", "[io][spawn]") {
  pipe_ends first = make_pipe();
  pipe_ends second = make_pipe();
  io::spawn_options options;
  options.standard_output = first.write_end.get();
  options.standard_error = second.write_end.get();
  words const echo{"/bin/sh", "-c", "echo out; echo err >&2"};
  io::spawned_process const a = io::spawn_process(echo, options);
  waitpid(a.pid, nullptr, 0);
  char text[5] = {};
  CHECK(read(first.read_end.get(), text, 4) == 4);
  CHECK(std::string(text) == "out\n");
  CHECK(read(second.read_end.get(), text, 4) == 4);
  CHECK(std::string(text) == "err\n");

  child_end const end = in_child([&] {
    // 1 and 2 of this process go to the child crosswise.
    dup2(first.write_end.get(), 1);
    dup2(second.write_end.get(), 2);
    io::spawn_options crosswise;
    crosswise.standard_output = 2;
    crosswise.standard_error = 1;
    waitpid(io::spawn_process(echo, crosswise).pid, nullptr, 0);
    char got[5] = {};
    return read(first.read_end.get(), got, 4) == 4 && std::string(got) == "err\n" ? 0 : 1;
  });
  CHECK(end.exit_code == 0);
}

TEST_CASE("standard descriptors that are closed in this process do not confuse those of a child", "[io][spawn]") {
  child_end const end = in_child([] {
    for (int const fd : {0, 1, 2}) close(fd);
    return printed({"/bin/sh", "-c", "cat; echo $?"}) == "1\n" ? 0 : 1;  // no input: cat fails, what it prints arrives
  });
  CHECK(end.exit_code == 0);
}

TEST_CASE("only chosen descriptors get into a child, even if others are not close-on-exec", "[io][spawn]") {
  pipe_pair leaky;  // its ends would be inherited
  descriptor const a(fcntl(leaky.read_end.get(), F_DUPFD, 50));
  descriptor const b(fcntl(leaky.read_end.get(), F_DUPFD_CLOEXEC, 60));
  descriptor const c(fcntl(leaky.read_end.get(), F_DUPFD, 55));
  auto const has = [](std::vector<int> const& list, int fd) { return std::ranges::find(list, fd) != list.end(); };

  std::vector<int> const none = descriptors_in_child();
  for (int const fd : {leaky.read_end.get(), a.get(), b.get(), c.get()})
    if (fd > 3) CHECK_FALSE(has(none, fd));  // 3 may be the shell's look at the directory

  std::vector<int> const chosen{b.get(), a.get(), a.get()};
  io::spawn_options options;
  options.inherited = chosen;
  std::vector<int> const two = descriptors_in_child(options);
  CHECK(has(two, a.get()));
  CHECK(has(two, b.get()));
  CHECK_FALSE(has(two, c.get()));
}

TEST_CASE("a child's environment has additions, replacements and removals, or nothing else", "[io][spawn]") {
  setenv("HALKA_KEPT", "kept", 1);
  setenv("HALKA_CHANGED", "before", 1);
  setenv("HALKA_REMOVED", "there", 1);
  words const changes{"HALKA_CHANGED=after=all", "HALKA_NEW=", "HALKA_REMOVED"};
  io::spawn_options options;
  options.environment = changes;
  std::string const all = printed({"env"}, options);
  CHECK_THAT(all, ContainsSubstring("HALKA_KEPT=kept\n") && ContainsSubstring("HALKA_CHANGED=after=all\n") &&
                      ContainsSubstring("HALKA_NEW=\n"));
  CHECK_THAT(all, !ContainsSubstring("HALKA_REMOVED") && !ContainsSubstring("before"));

  options.inherit_environment = false;
  CHECK(printed({"/usr/bin/env"}, options) == "HALKA_CHANGED=after=all\nHALKA_NEW=\n");
  for (char const* name : {"HALKA_KEPT", "HALKA_CHANGED", "HALKA_REMOVED"}) unsetenv(name);
}

TEST_CASE("a program starts in the directory that was chosen, and is found from there", "[io][spawn]") {
  temporary_directory const directory;
  directory.file("here", "#!/bin/sh\necho found; pwd\n", 0755);
  io::spawn_options options;
  options.cwd = directory.path;
  CHECK(printed({"pwd"}, options) == directory.path + '\n');
  CHECK(printed({"./here"}, options) == "found\n" + directory.path + '\n');
  words const path{"PATH=relative:.:/bin"};
  options.environment = path;
  CHECK(printed({"here"}, options) == "found\n" + directory.path + '\n');
}

TEST_CASE("a child begins with no signal blocked and with default actions", "[io][spawn]") {
  child_end const end = in_child([] {
    for (int const n : {SIGHUP, SIGINT, SIGQUIT}) std::signal(n, SIG_DFL);
    for (int const n : {SIGPIPE, SIGTERM, SIGUSR1}) std::signal(n, SIG_IGN);
    std::signal(SIGUSR2, [](int) {});
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, nullptr);
    std::istringstream status(printed({"cat", "/proc/self/status"}));
    int right = 0;
    for (std::string line; std::getline(status, line);)
      for (std::string const name : {"SigBlk:", "SigIgn:", "SigCgt:"})
        if (line.starts_with(name) && line.find_first_not_of("0", name.size() + 1) == std::string::npos) ++right;
    return right;
  });
  CHECK(end.exit_code == 3);
}

TEST_CASE("an ignored SIGHUP stays ignored in a child, as nohup wants it", "[io][spawn]") {
  child_end const end = in_child([] {
    for (int const n : {SIGINT, SIGQUIT}) std::signal(n, SIG_DFL);
    std::signal(SIGHUP, SIG_IGN);
    return printed({"grep", "SigIgn", "/proc/self/status"}) == "SigIgn:\t0000000000000001\n" ? 0 : 1;
  });
  CHECK(end.exit_code == 0);
}

TEST_CASE("a child leads a process group or a session of its own if it shall", "[io][spawn]") {
  words const tell{"/bin/sh", "-c",
                   "read -r pid name state parent group session rest < /proc/self/stat; "
                   "[ $pid = $group ] && echo group; [ $pid = $session ] && echo session; true"};
  CHECK(printed(tell).empty());
  io::spawn_options options;
  options.new_process_group = true;
  CHECK(printed(tell, options) == "group\n");
  options.new_session = true;
  CHECK(printed(tell, options) == "group\nsession\n");
}

TEST_CASE("what cannot be started is told with its cause, and nothing is left", "[io][spawn]") {
  temporary_directory const directory;
  std::string const plain = directory.file("plain", "text", 0644);
  std::string const orphan = directory.file("orphan", "#!/no/such/interpreter\n", 0755);
  std::string const junk = directory.file("junk", "\x01\x02\x03", 0755);
  CHECK(failure({"/no/such/program"}) == "start /no/such/program: No such file or directory");
  CHECK_THAT(failure({"no-such-program"}), StartsWith("start no-such-program (not found in PATH /"));
  CHECK(failure({directory.path}) == "start " + directory.path + " (it is a directory): Permission denied");
  CHECK(failure({plain}) == "start " + plain + ": Permission denied");
  CHECK(failure({orphan}) == "start " + orphan + " (the interpreter that it names is missing): No such file or directory");
  CHECK(failure({junk}) == "start " + junk + ": Exec format error");
  io::spawn_options options;
  options.cwd = "/no/such/directory";
  CHECK(failure({"true"}, options) == "start true in the directory /no/such/directory: No such file or directory");
  options.cwd = plain;
  CHECK(failure({"true"}, options) == "start true in the directory " + plain + ": Not a directory");
  CHECK(failure({"true", std::string(4 << 20, 'x')}) == "start true: Argument list too long");

  words const path{"PATH=" + directory.path};
  io::spawn_options searched;
  searched.environment = path;
  CHECK(failure({"plain"}, searched) ==
        "start plain (no file that may be executed in PATH " + directory.path + "): Permission denied");
}

TEST_CASE("a command without a name, zero bytes and wrong descriptors are refused", "[io][spawn]") {
  CHECK(failure({}) == "a command needs the name of a program");
  CHECK(failure({""}) == "a command needs the name of a program");
  CHECK(failure({"echo", std::string("a\0b", 3)}) == "start echo: argument 1 contains a zero byte");
  CHECK(failure({std::string("ec\0ho", 5)}) == "start ec: its name contains a zero byte");
  words const wrong{"=value"};
  io::spawn_options options;
  options.environment = wrong;
  CHECK(failure({"true"}, options) == "start true: '=value' in the environment names no variable");
  int const closed = 987;
  options = {};
  options.inherited = {&closed, 1};
  CHECK(failure({"true"}, options) == "start true with descriptor 987: Bad file descriptor");
  options = {};
  options.standard_output = closed;
  CHECK(failure({"true"}, options) == "start true with descriptor 987: Bad file descriptor");
}

TEST_CASE("without a descriptor for it a program does not begin", "[io][spawn]") {
  temporary_directory const directory;
  std::string const mark = directory.path + "/begun";
  child_end const end = in_child([&] {
    int const lowest = dup(0);
    close(lowest);
    rlimit const none{static_cast<rlim_t>(lowest), static_cast<rlim_t>(lowest)};
    setrlimit(RLIMIT_NOFILE, &none);
    try {
      words const touch{"touch", mark};
      io::spawn_process(touch);
    } catch (std::system_error const& e) {
      return e.code().value() == EMFILE && no_children() && access(mark.c_str(), F_OK) != 0 ? 0 : 1;
    }
    return 2;
  });
  CHECK(end.exit_code == 0);
}

TEST_CASE("no child is started while nobody could learn how it ends", "[io][spawn]") {
  child_end const end = in_child([] {
    std::signal(SIGCHLD, SIG_IGN);
    bool const ignored = kind_thrown([] { io::spawn_process(words{"true"}); }) == "logic_error";
    struct sigaction without {};
    without.sa_handler = SIG_DFL;
    without.sa_flags = SA_NOCLDWAIT;
    sigaction(SIGCHLD, &without, nullptr);
    bool const dropped = kind_thrown([] { io::spawn_process(words{"true"}); }) == "logic_error";
    return ignored && dropped && no_children() ? 0 : 1;
  });
  CHECK(end.exit_code == 0);
}
