// SPDX-License-Identifier: MIT
#include "../../support/captured_output.hpp"
#include "../../support/supervised.hpp"
#include "../../support/told.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

template <class F>
void run_supervised(F&& fn) {
  start_zygote();
  run_clean(std::forward<F>(fn));
}

task<> fail_to_boot(worker&) {
  throw std::runtime_error("no configuration");
  co_return;
}

/// Whatever this process has open.
void write_into_unix_sockets(std::string const& text) {
  for (int fd = 3; fd < 64; ++fd) {
    int domain = 0;
    socklen_t size = sizeof domain;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_UNIX) continue;
    for (std::size_t done = 0; done < text.size();) {
      pollfd room{fd, POLLOUT, 0};
      poll(&room, 1, -1);
      ssize_t const written = send(fd, text.data() + done, text.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (written < 0 && errno != EAGAIN) break;
      if (written > 0) done += static_cast<std::size_t>(written);
    }
  }
}

}  // namespace

TEST_CASE("a worker that ends again and again is started after longer and longer times", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    auto const begin = clock::now();
    supervisor s = co_await start_supervisor({.workers = 1, .log = logged::log}, [] {});
    co_await log.until("started", 4);
    CHECK(clock::now() - begin >= 300ms);  // real time: it is what this is about
    CHECK(log.count("worker 0 ends again and again, another try follows in 100 ms") == 1);
    CHECK(log.count("another try follows in 200 ms") == 1);
    int const code = co_await stop_and_wait(s);
    CHECK(code == 0);
  });
}

TEST_CASE("when no worker can begin its work all is given up", "[supervise]") {
  std::string errors;
  run_supervised([&]() -> task<> {
    logged const log;
    captured_output const captured(2);
    supervisor s = co_await start_supervisor({.workers = 2, .log = logged::log}, fail_to_boot);
    int const code = co_await s.wait();
    CHECK(code == 3);
    CHECK(log.count("exited with code 3") >= 5);
    CHECK(log.count("giving up: 5 workers in a row failed before they had begun their work") == 1);
    errors = captured.text();
  });
  CHECK_THAT(errors, ContainsSubstring("unhandled exception in worker 0 ("));
  CHECK_THAT(errors, ContainsSubstring("std::runtime_error: no configuration"));
}

TEST_CASE("a worker that serves without a socket is told what to do", "[supervise]") {
  std::string errors;
  run_supervised([&]() -> task<> {
    captured_output const captured(2);
    supervisor s = co_await start_supervisor({.workers = 1, .log = nullptr}, serve_test_requests);
    int const code = co_await s.wait();
    CHECK(code == 3);
    errors = captured.text();
  });
  CHECK_THAT(errors, ContainsSubstring("this worker has no sockets to serve on: give supervise a port"));
}

TEST_CASE("a worker whose loop stands still is aborted and replaced, while others serve", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    supervise_options options{.workers = 2, .port = 0, .worker_timeout = 500ms, .log = logged::log};
    supervisor s = co_await start_supervisor(options, serve_test_requests);
    co_await until_ready(s, 2);
    std::string const nothing = co_await request(s.port(), "block");
    CHECK(nothing.empty());
    co_await log.until("was killed by SIGABRT");
    CHECK(log.count("has been blocked for ") == 1);
    co_await until_ready(s, 2);
    std::set<int> const answered = co_await pids_answering(s.port(), 2);
    CHECK(answered == pids_of(s));
    int const code = co_await stop_and_wait(s);
    CHECK(code == 0);
    CHECK(log.count("aborted") == 1);
  });
}

TEST_CASE("a worker that stands still and cannot be aborted is killed", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    supervise_options options{.workers = 1, .port = 0, .worker_timeout = 100ms, .log = logged::log};
    supervisor s = co_await start_supervisor(options, serve_test_requests);
    co_await until_ready(s, 1);
    kill(*pids_of(s).begin(), SIGSTOP);
    co_await log.until("was killed by SIGKILL");
    int const code = co_await stop_and_wait(s);
    CHECK(code == 0);
  });
}

TEST_CASE("a worker that writes anything into the socket to its supervisor is heard when it makes sense again", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    auto const work = [](worker& w) -> task<> {
      write_into_unix_sockets(std::string(200'000, 'x') + '\n');
      co_await serve_test_requests(w);
    };
    supervisor s = co_await start_supervisor({.workers = 1, .port = 0, .log = logged::log}, work);
    co_await wait_for(until_ready(s, 1), 60s);
    std::string const answer = co_await request(s.port(), "pid");
    CHECK(answer == std::to_string(*pids_of(s).begin()));
    int const code = co_await stop_and_wait(s);
    CHECK(code == 0);
  });
}

TEST_CASE("workers get arguments, and need not serve anything", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    told from;
    unique_fd pen = from.pen();
    std::vector<int> const two(2);
    auto const work = [](worker& w, unique_fd const& to, std::string const& text, std::vector<int> const& numbers) -> task<> {
      tell(to, text + std::to_string(w.index() + static_cast<unsigned>(numbers.size())) + '\n');
      co_await w.wait_stopping();
      tell(to, "stopping\n");
    };
    supervisor s = co_await start_supervisor({.workers = 1, .log = logged::log}, work, std::move(pen), "worker ", two);
    std::string line = co_await to_thread([&] { return from.line(); });
    CHECK(line == "worker 2");
    CHECK(s.port() == 0);
    int const code = co_await stop_and_wait(s);
    CHECK(code == 0);
    line = from.line();
    CHECK(line == "stopping");
  });
}

TEST_CASE("a worker that heeds nothing is cancelled when it shall stop", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    told from;
    unique_fd pen = from.pen();
    auto const work = [](unique_fd const& to) -> task<> {
      struct clean_up {
        unique_fd const& at;
        ~clean_up() { tell(at, "cleaned up\n"); }
      } const last{to};
      tell(to, "begun\n");
      co_await sleep(1h);
    };
    supervisor s = co_await start_supervisor({.workers = 1, .log = logged::log}, work, std::move(pen));
    std::string line = co_await to_thread([&] { return from.line(); });
    CHECK(line == "begun");
    int const code = co_await stop_and_wait(s);
    CHECK(code == 0);
    CHECK(log.count("exited with code 0") == 1);
    line = from.line();
    CHECK(line == "cleaned up");
  });
}

TEST_CASE("new workers that cannot begin leave the old ones in place", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    told from;
    unique_fd pen = from.pen();
    setenv("HALKA_TEST_BOOT", "1", 1);
    auto const work = [](worker& w) -> task<> {
      if (!std::getenv("HALKA_TEST_BOOT")) _exit(3);
      co_await serve_test_requests(w);
    };
    supervisor s = co_await start_supervisor({.workers = 2, .port = 0, .log = logged::log}, work);
    co_await until_ready(s, 2);
    std::set<int> const before = pids_of(s);
    unsetenv("HALKA_TEST_BOOT");
    s.reload();
    co_await log.until("the new worker did not begin its work, the others stay");
    CHECK(pids_of(s) == before);
    std::set<int> const answered = co_await pids_answering(s.port(), 2);
    CHECK(answered == before);
    int const code = co_await stop_and_wait(s);
    CHECK(code == 0);
  });
}

TEST_CASE("a worker that counts its own requests, or stops itself, is replaced", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    auto const work = [](worker& w, bool counts) -> task<> {
      while (!w.is_stopping()) {
        co_await yield_now();
        counts ? w.request_done() : w.stop();
      }
      co_await w.wait_stopping();
    };
    supervise_options const options{.workers = 1, .max_requests = 7, .max_requests_jitter = 3, .log = logged::log};
    supervisor counting = co_await start_supervisor(options, work, true);
    co_await log.until("requests, and is replaced", 2);
    CHECK(log.count("serves no more after 7 ") + log.count("serves no more after 8 ") + log.count("serves no more after 9 ") +
              log.count("serves no more after 10 ") >=
          2);
    int code = co_await stop_and_wait(counting);
    CHECK(code == 0);
    supervisor stopping = co_await start_supervisor(options, work, false);
    co_await log.until("serves no more after 0 requests, and is replaced", 2);
    code = co_await stop_and_wait(stopping);
    CHECK(code == 0);
  });
}

TEST_CASE("waiting for a supervisor can be cancelled, and changes nothing", "[supervise][cancel]") {
  run_supervised([]() -> task<> {
    logged const log;
    supervisor s = co_await start_supervisor({.workers = 1, .port = 0, .log = logged::log}, serve_test_requests);
    auto const waiting = create_task(s.wait());
    co_await settle();
    waiting.cancel();
    co_await settle();
    CHECK(waiting.cancelled());
    std::string const pid = co_await request(s.port(), "pid");
    CHECK(pid == std::to_string(*pids_of(s).begin()));
    int const code = co_await stop_and_wait(s);
    CHECK(code == 0);
  });
}
