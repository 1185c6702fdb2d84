// SPDX-License-Identifier: MIT
// Tasks that do to a stream whatever comes to their mind: several read and write at once, give up, are cancelled, close it under
// each other's hands. Every third time the program ends in the middle of it. Errors are expected, but only certain ones, and
// nothing may crash, hang, or stay open.
//
// commotion [TIMES] [--seed N]
#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"
#include "../support/network.hpp"
#include "file_to_send.hpp"
#include "random_source.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <system_error>
#include <vector>

namespace {

using namespace soak;
using shared_stream = std::shared_ptr<halka::stream>;

constexpr int acts = 40;
constexpr int tasks_per_end = 3;
constexpr int pairs = 24;
constexpr unsigned longest_run = 60;  // seconds
std::string const much(std::size_t{1} << 18, 'm');

/// One act, given up if it takes long.
halka::task<> act(halka::stream& s, random_source& random, std::vector<char>& memory) {
  auto const patience = random.moment();
  std::size_t const size = random.size(17);
  halka::const_buffer const part(much.data(), size);
  std::vector<halka::const_buffer> const list(3, part);
  int const file = file_to_send::shared().fd();
  std::uint64_t const what = random.below(22);
  if (what < 4) co_await halka::wait_for(s.write(part), patience);
  if (what == 4) co_await halka::wait_for(s.write(list), patience);
  if (what > 4 && what < 8) co_await halka::wait_for(s.read(size), patience);
  if (what == 8 || what == 9) co_await halka::wait_for(s.read_some(halka::mutable_buffer(memory.data(), size)), patience);
  if (what == 10) co_await halka::wait_for(s.read_exactly(size), patience);
  if (what == 11) co_await halka::wait_for(s.read_line(), patience);
  if (what == 12) co_await halka::wait_for(s.read_until("zz"), patience);
  if (what == 13) co_await halka::wait_for(s.read_all(), patience);
  if (what == 14 || what == 15) co_await halka::wait_for(s.send_file(file, size, size), patience);
  if (what == 16 && random.one_in(6)) co_await halka::wait_for(s.write_eof(), patience);
  if (what == 17 && random.one_in(10)) co_await halka::wait_for(s.close(), patience);
  if (what == 18 && random.one_in(10)) s.abort();
  if (what == 19) co_await halka::yield_now();
  if (what == 20) co_await halka::sleep(patience / 4);
  if (what == 21 && random.one_in(8)) static_cast<void>(s.write_eof());
}

/// The direction of a pipe, another reader, an end or a reset: everything else is a mistake.
bool is_expected(std::system_error const& e) noexcept {
  int const error = e.code().value();
  return error == EBADF || error == EPIPE || error == ECONNRESET;
}

halka::task<> act_often(shared_stream s, std::uint64_t seed) {
  random_source random(seed);
  std::vector<char> memory(much.size());
  for (int i = 0; i < acts; ++i) {
    try {
      co_await act(*s, random, memory);
    } catch (halka::timeout_error const&) {
    } catch (halka::incomplete_read_error const&) {
    } catch (halka::limit_overrun_error const&) {
    } catch (std::system_error const& e) {
      if (!is_expected(e)) throw;
      if (!s->is_open()) co_return;
    } catch (std::logic_error const& e) {
      if (!std::string_view(e.what()).ends_with("another task is reading from it already")) throw;
    }
  }
}

halka::task<> serve(halka::stream peer) {
  std::uint64_t const seed = static_cast<std::uint64_t>(peer.fd());
  auto const s = std::make_shared<halka::stream>(std::move(peer));
  co_await halka::with_task_group([&](halka::task_group& group) {
    for (unsigned i = 0; i < tasks_per_end; ++i) group.create_task(act_often(s, seed + i));
  });
}

halka::task<std::vector<shared_stream>> open_ends(unsigned kind, std::uint16_t port, std::string path) {
  std::vector<shared_stream> ends;
  if (kind == 0) {
    auto [one, other] = halka::make_stream_pair();
    ends.push_back(std::make_shared<halka::stream>(std::move(one)));
    ends.push_back(std::make_shared<halka::stream>(std::move(other)));
  } else if (kind == 1) {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) throw std::system_error(errno, std::system_category(), "pipe2");
    for (int const fd : fds) ends.push_back(std::make_shared<halka::stream>(halka::unique_fd(fd)));
  } else if (kind == 2) {
    halka::stream s = co_await halka::open_connection("127.0.0.1", port);
    ends.push_back(std::make_shared<halka::stream>(std::move(s)));
  } else {
    halka::stream s = co_await halka::open_unix_connection(path);
    ends.push_back(std::make_shared<halka::stream>(std::move(s)));
  }
  co_return ends;
}

/// Lets tasks loose on the ends, and cancels one or the other.
halka::task<> commotion_at(unsigned kind, std::uint64_t seed, std::uint16_t port, std::string path) {
  random_source random(seed);
  auto ends = co_await open_ends(kind, port, std::move(path));
  std::vector<halka::task_handle<>> tasks;
  for (auto const& end : ends)
    for (int i = 0; i < tasks_per_end; ++i) tasks.push_back(halka::spawn(act_often, end, random.next()));
  ends.clear();
  for (int i = 0; i < 2; ++i) {
    co_await halka::sleep(random.moment());
    if (random.one_in(3)) tasks[random.below(tasks.size())].cancel();
  }
  auto const outcomes = co_await halka::gather(halka::return_exceptions, tasks);
  for (auto const& outcome : outcomes)
    if (!outcome.has_value() && !halka::is_cancelled_error(outcome.exception())) std::rethrow_exception(outcome.exception());
}

halka::task<> run_once(std::uint64_t seed) {
  random_source random(seed);
  halka::test::socket_directory const directory;
  std::string const path = directory.path / "socket";
  halka::server tcp = co_await halka::start_server(serve, "127.0.0.1", 0);
  halka::server local = co_await halka::start_unix_server(serve, path);
  auto const all_pairs = [&](halka::task_group& group) {
    for (unsigned i = 0; i < pairs; ++i) group.create_task(commotion_at(i % 4, random.next(), tcp.port(), path));
  };
  auto const everything = [&]() -> halka::task<> { co_await halka::with_task_group(all_pairs); };
  if (seed % 3 == 0) {
    co_await halka::race(everything(), halka::sleep(random.moment() * 16));
    co_return;  // the servers go with what they have in flight
  }
  co_await everything();
  for (halka::server* const s : {&tcp, &local}) {
    s->close();
    if (random.one_in(2))
      s->abort_clients();
    else
      s->close_clients();
    co_await s->wait_closed();
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t times = 100;
  std::uint64_t first = std::random_device()();
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--seed" && i + 1 < argc)
      first = std::stoull(argv[++i]);
    else
      times = std::stoull(argv[i]);
  }
  file_to_send::shared();
  std::size_t const before = halka::test::open_descriptors();
  for (std::uint64_t seed = first; seed < first + times; ++seed) {
    alarm(longest_run);  // a hang ends here
    halka::test::captured_reports const reports;
    try {
      halka::run(run_once(seed));
    } catch (std::exception const&) {
      std::printf("FAILED with --seed %llu: %s\n", static_cast<unsigned long long>(seed),
                  halka::describe(std::current_exception()).c_str());
      return 1;
    }
    // A run that ends in the middle may report that, and nothing else.
    for (std::string const& report : reports.texts()) {
      if (report.find("still running at the end of run") != std::string::npos) continue;
      std::printf("FAILED with --seed %llu: %s\n", static_cast<unsigned long long>(seed), report.c_str());
      return 1;
    }
    std::size_t const now = halka::test::open_descriptors();
    if (now == before) continue;
    std::printf("FAILED with --seed %llu: %zu descriptors before, %zu after\n", static_cast<unsigned long long>(seed), before, now);
    return 1;
  }
  std::printf("%llu commotions, nothing left, --seed %llu\n", static_cast<unsigned long long>(times),
              static_cast<unsigned long long>(first));
}
