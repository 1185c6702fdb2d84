// SPDX-License-Identifier: MIT
// supervise blocks and takes the signals of its process, so each of these programs is a process of its own.
#include "../../support/child_process.hpp"
#include "../../support/supervised.hpp"
#include "../../support/told.hpp"

#include <catch2/catch_test_macros.hpp>

#include <unistd.h>
#include <csignal>
#include <set>
#include <sstream>
#include <string>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// Tells "NUMBER PORT" when it can be asked, and "end" when it ends in good order.
task<> serve_and_tell(worker& w, unique_fd const& pen) {
  tell(pen, std::to_string(getpid()) + ' ' + std::to_string(w.port()) + '\n');
  co_await serve_test_requests(w);
}

task<> tell_backend(unique_fd const& pen) {
  tell(pen, "worker on " + to_string(backend()) + '\n');
  co_await sleep(1h);
}

void supervise_on_epoll(unique_fd const& pen) {
  unique_fd copy(dup(pen.get()));
  _exit(supervise({.workers = 1, .backend = backend_kind::epoll, .log = nullptr}, tell_backend, std::move(copy)));
}

void supervise_program(unsigned workers, unique_fd const& pen) {
  unique_fd copy(dup(pen.get()));
  _exit(supervise({.workers = workers, .port = 0, .log = nullptr}, serve_and_tell, std::move(copy)));
}

/// A program with supervised workers, and what its workers have told.
class program {
 public:
  explicit program(unsigned workers) : process_({.name = "supervised"}, supervise_program, workers, from_.pen()) {
    process_.start();
    await(workers);
  }
  /// Waits until so many more workers have begun.
  void await(unsigned workers) {
    newest.clear();
    for (unsigned i = 0; i < workers; ++i) {
      int pid = 0;
      std::istringstream(from_.line()) >> pid >> port;
      newest.insert(pid);
    }
  }
  void send(int signal) { process_.send_signal(signal); }
  int end() { return process_.join_blocking(); }
  void kill() { process_.kill(); }

  std::uint16_t port = 0;
  std::set<int> newest;

 private:
  told from_;
  process process_;
};

}  // namespace

TEST_CASE("SIGTERM ends supervised workers in good order, SIGINT and SIGQUIT quickly", "[supervise]") {
  for (int const signal : {SIGTERM, SIGINT, SIGQUIT}) {
    program p(2);
    std::string answer;
    halka::run([&]() -> task<> {
      // Answered: the workers serve, so they also heed signals.
      std::set<int> const answered = co_await pids_answering(p.port, 2);
      CHECK(answered == p.newest);
      held_request held = co_await hold(p.port);
      p.send(signal);
      answer = co_await held.finish();
    });
    if (signal == SIGTERM) CHECK(answer.starts_with("held by "));
    CHECK(p.end() == 0);
    for (int const pid : p.newest) CHECK(has_ended(pid));
  }
}

TEST_CASE("a second SIGTERM kills workers that have something to do", "[supervise]") {
  program p(1);
  halka::run([&]() -> task<> {
    held_request held = co_await hold(p.port);
    p.send(SIGTERM);
    std::string refused = "not yet";
    while (!refused.empty()) refused = co_await request(p.port, "pid");
    p.send(SIGTERM);
    std::string const nothing = co_await held.connection.read_all();
    CHECK(nothing.empty());
  });
  CHECK(p.end() == 0);
}

TEST_CASE("SIGHUP replaces supervised workers, SIGTTIN and SIGTTOU change their number", "[supervise]") {
  program p(2);
  std::set<int> const first = p.newest;
  p.send(SIGHUP);
  p.await(2);
  std::set<int> now = p.newest;
  halka::run([&]() -> task<> {
    for (int const pid : first) co_await until_ended(pid);
    std::set<int> const answered = co_await pids_answering(p.port, 2);
    CHECK(answered == now);
  });
  p.send(SIGTTIN);
  p.await(1);
  int const third = *p.newest.begin();
  halka::run([&]() -> task<> {
    std::set<int> const answered = co_await pids_answering(p.port, 3);
    CHECK(answered.contains(third));
  });
  p.send(SIGTTOU);
  halka::run(until_ended(third));
  for (int const pid : now) CHECK_FALSE(has_ended(pid));
  p.send(SIGTERM);
  CHECK(p.end() == 0);
}

TEST_CASE("when the supervisor is killed its workers end", "[supervise]") {
  program p(2);
  p.kill();
  CHECK(p.end() == -SIGKILL);
  for (int const pid : p.newest) halka::run(until_ended(pid));
}

TEST_CASE("supervise tells the errors of its start", "[supervise]") {
  std::string text;
  try {
    supervise({.port = 70000}, serve_test_requests);
  } catch (std::invalid_argument const& e) {
    text = e.what();
  }
  CHECK(text == "70000 is no port: they go up to 65535");
}

TEST_CASE("the backend of supervise is that of its workers' loops", "[supervise][backend]") {
  told from;
  process supervised({.name = "supervised"}, supervise_on_epoll, from.pen());
  supervised.start();
  CHECK(from.line() == "worker on epoll: run_options");
  supervised.send_signal(SIGTERM);
  CHECK(supervised.join_blocking() == 0);
}
