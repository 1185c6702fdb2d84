// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/files.hpp"
#include "../support/fixture.hpp"

#include <halka/halka.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

/// "7 socket:[123]" of each descriptor that an exec would keep, but for the standard ones and those that were there before.
std::vector<std::string> inherited(std::set<int> const& before) {
  std::vector<std::string> found;
  for (auto const& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    int const fd = std::stoi(entry.path().filename());
    int const flags = fcntl(fd, F_GETFD);
    if (fd <= 2 || before.contains(fd) || flags < 0 || (flags & FD_CLOEXEC)) continue;
    std::error_code ignored;
    found.push_back(std::to_string(fd) + ' ' + std::filesystem::read_symlink(entry.path(), ignored).string());
  }
  return found;
}

std::set<int> open_now() {
  std::set<int> all;
  for (auto const& entry : std::filesystem::directory_iterator("/proc/self/fd")) all.insert(std::stoi(entry.path().filename()));
  return all;
}

/// What a worker process sees of its own: "socket pipe ...", without numbers.
std::string own_descriptors() {
  std::multiset<std::string> kinds;
  for (auto const& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    std::string const target = std::filesystem::read_symlink(entry.path(), error).string();
    if (error || target.ends_with("/fd")) continue;  // the directory that is being read
    if (std::stoi(entry.path().filename()) <= 2) continue;
    kinds.insert(target.substr(0, target.find_first_of(":[")) == "anon_inode" ? target : target.substr(0, target.find(':')));
  }
  std::string text;
  for (auto const& kind : kinds) text += (text.empty() ? "" : " ") + kind;
  return text;
}

/// The names of unix sockets that this process or one of its children has.
std::string named_sockets() {
  std::set<std::string> ours;
  for (auto const& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    std::string const target = std::filesystem::read_symlink(entry.path(), ignored).string();
    if (target.starts_with("socket:[")) ours.insert(target.substr(8, target.size() - 9));
  }
  std::ifstream table("/proc/net/unix");
  std::string names;
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string number, count, protocol, flags, type, state, inode, name;
    fields >> number >> count >> protocol >> flags >> type >> state >> inode >> name;
    if (ours.contains(inode) && !name.empty()) names += name + ' ';
  }
  return names;
}

}  // namespace

TEST_CASE("everything that is open while all of the library is used is closed by exec", "[security][descriptors]") {
  std::set<int> const before = open_now();
  std::vector<std::string> found;
  std::string names = "?", seen_by_program;
  scratch_directory const dir;
  auto body = [&]() -> task<> {
    server echo = co_await start_server(
        [](stream s) -> task<> {
          std::string const line = co_await s.read_line();
          co_await s.write(line);
        },
        "127.0.0.1", 0);
    stream client = co_await open_connection("127.0.0.1", echo.port());
    co_await client.write("x");
    file f = co_await open_file(dir / "file", "w");
    datagram datagrams = co_await open_datagram({.local = endpoint("127.0.0.1", 0)});
    process_pool pool({.workers = 1});
    co_await pool.submit([] {});
    thread_pool threads({.threads = 1});
    co_await threads.submit([] {});
    co_await to_thread([] {});
    process_lock lock;
    process_queue<int> queue(4);
    shared_memory memory(4096);
    signal_set signals{SIGUSR1};
    subprocess cat =
        co_await create_subprocess_exec(command("cat"), {.standard_input = stdio::pipe, .standard_output = stdio::pipe});
    pipe_pair const others;  // would be inherited, were they not close-on-exec
    subprocess list = co_await create_subprocess_exec(command("ls", "/proc/self/fd"), {.standard_output = stdio::pipe});
    auto const output = co_await list.communicate();
    seen_by_program = output.output;
    found = inherited(before);
    names = named_sockets();
    cat.kill();
    co_await cat.wait();
    client.close();
    echo.close();
    co_await echo.wait_closed();
    co_await pool.shutdown();
  };
  run(body);
  CHECK(found == std::vector<std::string>{});
  CHECK(names.empty());
  CHECK(seen_by_program == "0\n1\n2\n3\n");  // 3 is the directory that ls reads
}

TEST_CASE("a worker process has its channels and nothing else", "[security][descriptors]") {
  std::string seen;
  auto body = [&]() -> task<> {
    pipe_pair const ours;
    process_pool pool({.workers = 1});
    seen = co_await pool.submit(own_descriptors);
    co_await pool.shutdown();
  };
  run(body);
  // The eventfd that wakes the pool, and the socket over which descriptors come. The memory has been mapped and closed.
  CHECK(seen == "anon_inode:[eventfd] socket");
}
