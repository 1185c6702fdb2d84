// SPDX-License-Identifier: MIT
#include "supervised.hpp"

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace halka::test {

using namespace std::chrono_literals;

namespace {

std::vector<std::string> lines;

task<> answer(stream client) {
  std::string const line = co_await client.read_line();
  if (line == "pid\n") co_await client.write(std::to_string(getpid()));
  if (line == "die\n") kill(getpid(), SIGKILL);
  if (line == "block\n") std::this_thread::sleep_for(1h);
  if (line == "hold\n") {
    co_await client.write("held\n");
    std::string const more = co_await client.read_line();
    co_await client.write("held by " + std::to_string(getpid()));
  }
}

}  // namespace

task<> serve_test_requests(worker& w) { co_await w.serve(answer); }

task<std::string> request(std::uint16_t port, std::string line) {
  std::string answer;
  try {
    stream s = co_await open_connection("127.0.0.1", port);
    co_await s.write(line + '\n');
    answer = co_await s.read_all();
  } catch (std::system_error const&) {
    // reset, or refused
  }
  co_return answer;
}

task<std::string> held_request::finish() {
  std::string answer;
  try {
    co_await connection.write("go\n");
    answer = co_await connection.read_all();
  } catch (std::system_error const&) {
  }
  co_return answer;
}

task<held_request> hold(std::uint16_t port) {
  held_request held;
  held.connection = co_await open_connection("127.0.0.1", port);
  co_await held.connection.write("hold\n");
  std::string const begun = co_await held.connection.read_line();
  CHECK(begun == "held\n");
  co_return held;
}

task<std::set<int>> pids_answering(std::uint16_t port, std::size_t count) {
  std::set<int> pids;
  while (pids.size() < count) {
    std::vector<task<std::string>> some;
    while (some.size() < 4 * count) some.push_back(request(port, "pid"));
    auto const answers = co_await gather(std::move(some));
    for (std::string const& pid : answers)
      if (!pid.empty()) pids.insert(std::stoi(pid));
  }
  co_return pids;
}

logged::logged() { lines.clear(); }
logged::~logged() { lines.clear(); }

void logged::log(std::string_view text) { lines.emplace_back(text); }

std::string logged::text() const {
  std::string all;
  for (std::string const& line : lines) all += line + '\n';
  return all;
}

std::size_t logged::count(std::string_view part) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(lines, [part](std::string const& line) { return line.find(part) != std::string::npos; }));
}

task<> logged::until(std::string part, std::size_t times) const {
  auto const begin = clock::now();
  while (count(part) < times) {
    co_await sleep(1ms);
    if (clock::now() - begin > 20s) throw std::runtime_error("no '" + part + "' in the log:\n" + text());
  }
}

task<> until_ready(supervisor const& s, std::size_t count) {
  while (true) {
    auto const workers = s.workers();
    if (workers.size() == count && std::ranges::all_of(workers, [](auto const& w) { return w.ready && !w.draining; })) co_return;
    co_await sleep(1ms);
  }
}

std::set<int> pids_of(supervisor const& s) {
  std::set<int> pids;
  for (auto const& w : s.workers()) pids.insert(w.pid);
  return pids;
}

task<int> stop_and_wait(supervisor& s) {
  s.stop();
  int const code = co_await s.wait();
  co_return code;
}

}  // namespace halka::test
