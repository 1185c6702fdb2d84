// SPDX-License-Identifier: MIT
// Writing where there is no room: /dev/full, a disk of a few hundred KiB, a limit of the file's size.
#include "../../support/files.hpp"
#include "../../support/forked.hpp"
#include "../measures.hpp"
#include "scenarios.hpp"

#include <halka/halka.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>

namespace soak {

namespace {

constexpr std::size_t block = 100'000;      // goes to the kernel directly
constexpr std::size_t small_block = 1'000;  // is collected
constexpr std::size_t collected = 65'536;   // so many

/// The error that an operation ends with; 0 for none. Its text must name the file.
halka::task<int> error_of(halka::task<> t, std::string path) {
  int error = 0;
  try {
    co_await std::move(t);
  } catch (std::system_error const& e) {
    error = e.code().value();
    check(std::string(e.what()).find(path) != std::string::npos, std::string("the error does not name the file: ") + e.what());
  }
  co_return error;
}

}  // namespace

// -- /dev/full

namespace {

halka::task<> write_to_full(std::uint64_t writes) {
  std::string const much(block, 'x');
  std::string const little(small_block, 'y');
  for (std::uint64_t i = 0; i < writes; ++i) {
    halka::file f = co_await halka::open_file("/dev/full", "w");
    int const at_once = co_await error_of(f.write(much), "/dev/full");
    check(at_once == ENOSPC, "a large write gave error " + std::to_string(at_once));
    int const small = co_await error_of(f.write(little), "/dev/full");
    check(small == ENOSPC, "a small write gave error " + std::to_string(small));  // only files collect
    int const closed = co_await error_of(f.close(), "/dev/full");
    check(closed == 0, "a close with nothing to write gave error " + std::to_string(closed));
    halka::stream s = halka::stream(halka::unique_fd(::open("/dev/full", O_WRONLY | O_CLOEXEC)));
    int error = 0;
    try {
      co_await s.write(little);
    } catch (std::system_error const& e) {
      error = e.code().value();
    }
    check(error == ENOSPC, "a stream's write gave error " + std::to_string(error));
  }
}

}  // namespace

std::string fill_device(std::uint64_t writes) {
  halka::run(write_to_full(writes));
  return figures("%llu times each: large, small and streamed writes to /dev/full told as ENOSPC", number(writes));
}

// -- a small disk

namespace {

/// Writes until there is no room, by writes of that size. What was accepted must be in the file, in order, and nothing else.
halka::task<> fill_and_check(std::string path, std::size_t size, int expected, std::uint64_t& written) {
  std::string const text = halka::test::noise(size, 7);
  std::string all;
  int error = 0;
  {
    halka::file f = co_await halka::open_file(path, "w");
    while (error == 0) {
      error = co_await error_of(f.write(text), path);
      if (error == 0) all += text;
    }
    check(error == expected, "writing to a full disk gave error " + std::to_string(error));
    // A collected write fails for those before it, and what they could not write is tried again when the file is closed.
    int const closed = co_await error_of(f.close(), path);
    check(closed == (size < collected ? expected : 0), "closing gave error " + std::to_string(closed));
  }
  std::string const found = co_await halka::read_text(path);
  all += text;  // a part of the last write may be there
  check(!found.empty() && all.starts_with(found), "the file holds something else than what was written");
  check(found.size() + 2 * collected + text.size() > all.size(), "much that was accepted is not in the file");
  written += found.size();
}

/// A file that is kept open goes on when there is room again, without a gap.
halka::task<> go_on_later(std::string directory, int expected) {
  std::string const path = directory + "/goes_on";
  std::string const ballast = directory + "/ballast";
  std::string const text = halka::test::noise(small_block, 9);
  halka::file other = co_await halka::open_file(ballast, "w");
  std::string const much = halka::test::noise(200 * 1024, 3);
  co_await other.write(much);
  co_await other.close();
  halka::file f = co_await halka::open_file(path, "w");
  std::uint64_t accepted = 0;
  int error = 0;
  while (error == 0) {
    error = co_await error_of(f.write(text), path);
    if (error == 0) ++accepted;
  }
  check(error == expected, "writing to a full disk gave error " + std::to_string(error));
  co_await halka::fs::unlink(ballast);
  co_await f.flush();
  co_await f.close();
  std::string const found = co_await halka::read_text(path);
  std::string wanted;
  for (std::uint64_t i = 0; i <= accepted; ++i) wanted += text;
  check(found == wanted || found + text == wanted, "what was collected while the disk was full is not in the file once");
  co_await halka::fs::unlink(path);
}

halka::task<> fill(std::string directory, int expected, std::uint64_t& written) {
  for (std::size_t const size : {block, small_block, std::size_t{10}}) {
    std::string const path = directory + "/file";
    co_await fill_and_check(path, size, expected, written);
    co_await halka::fs::unlink(path);
  }
  if (expected == ENOSPC) co_await go_on_later(directory, expected);
}

/// A disk of its own, which no other process sees.
int fill_small_disk(std::uint64_t kilobytes, std::string const& directory) {
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail_of_system("unshare");
  std::string const size = "size=" + std::to_string(kilobytes) + "k";
  if (mount("none", directory.c_str(), "tmpfs", 0, size.c_str()) != 0) fail_of_system("mount a tmpfs");
  std::uint64_t written = 0;
  halka::run(fill(directory, ENOSPC, written));
  check(written > 0, "nothing was written");
  return 0;
}

int limit_file_size(std::uint64_t kilobytes, std::string const& directory) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit const most{.rlim_cur = kilobytes * 1024, .rlim_max = kilobytes * 1024};
  if (setrlimit(RLIMIT_FSIZE, &most) != 0) fail_of_system("RLIMIT_FSIZE");
  std::uint64_t written = 0;
  halka::run(fill(directory, EFBIG, written));
  check(written == 3 * kilobytes * 1024, std::to_string(written) + " bytes were written");
  return 0;
}

void run_apart(int (*fn)(std::uint64_t, std::string const&), std::uint64_t kilobytes) {
  halka::test::scratch_directory const directory;
  halka::test::forked other([&] { return fn(kilobytes, directory.path()); });
  int const code = other.wait();
  check(code == 0, "the process ended with " + std::to_string(code));
}

}  // namespace

std::string fill_disk(std::uint64_t kilobytes) {
  if (geteuid() != 0) return "left out: it needs root, to mount a small disk";
  run_apart(fill_small_disk, kilobytes);
  return figures(
      "a disk of %llu KiB filled by large, small and tiny writes: told, the files hold what was accepted, and go on when there "
      "is room",
      number(kilobytes));
}

std::string exceed_file_size(std::uint64_t kilobytes) {
  run_apart(limit_file_size, kilobytes);
  return figures("a limit of %llu KiB for a file reached by large, small and tiny writes: told as EFBIG, filled to the last byte",
                 number(kilobytes));
}

}  // namespace soak
