// SPDX-License-Identifier: MIT
#include "../../support/supervised.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <iterator>
#include <set>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr supervise_options two_workers{.workers = 2, .port = 0, .log = logged::log};

/// Runs a coroutine function that has workers; no process and no descriptor may be left.
template <class F>
void run_supervised(F&& fn) {
  start_zygote();
  run_clean(std::forward<F>(fn));
}

std::size_t common_pids(std::set<int> const& a, std::set<int> const& b) {
  std::vector<int> both;
  std::ranges::set_intersection(a, b, std::back_inserter(both));
  return both.size();
}

}  // namespace

TEST_CASE("workers share a port, and all of them answer", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    supervisor s = co_await start_supervisor(two_workers, serve_test_requests);
    CHECK(s.port() > 0);
    co_await until_ready(s, 2);
    std::set<int> const answered = co_await pids_answering(s.port(), 2);
    CHECK(answered == pids_of(s));
    CHECK_FALSE(answered.contains(getpid()));
    int const code = co_await stop_and_wait(s);
    CHECK(code == 0);
    CHECK(s.workers().empty());
    for (int const pid : answered) CHECK(has_ended(pid));
    CHECK(log.count("listening at 127.0.0.1:" + std::to_string(s.port())) == 1);
    CHECK(log.count(" started") == 2);
    CHECK(log.count(" exited with code 0 after ") == 2);
    CHECK(log.count("all workers have ended") == 1);
  });
}

TEST_CASE("a worker that is killed loses its own requests, and is replaced", "[supervise][X2]") {
  run_supervised([]() -> task<> {
    logged const log;
    supervisor s = co_await start_supervisor({.workers = 4, .port = 0, .log = logged::log}, serve_test_requests);
    co_await until_ready(s, 4);
    std::set<int> const before = pids_of(s);
    std::string const lost = co_await request(s.port(), "die");
    CHECK(lost.empty());
    for (int i = 0; i < 20; ++i) {
      std::string const answer = co_await request(s.port(), "pid");
      CHECK_FALSE(answer.empty());
    }
    co_await log.until("was killed by SIGKILL");
    co_await until_ready(s, 4);
    CHECK(common_pids(before, pids_of(s)) == 3);
    CHECK(log.count("started") == 5);
    int const code = co_await stop_and_wait(s);
    CHECK(code == 0);
  });
}

TEST_CASE("stopping finishes what was begun and accepts nothing more", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    supervisor s = co_await start_supervisor(two_workers, serve_test_requests);
    co_await until_ready(s, 2);
    held_request one = co_await hold(s.port());
    held_request two = co_await hold(s.port());
    s.stop();
    std::string refused = "not yet";
    while (!refused.empty()) refused = co_await request(s.port(), "pid");
    CHECK(s.workers().size() >= 1);
    for (auto const& w : s.workers()) CHECK(w.draining);
    std::string const first = co_await one.finish();
    std::string const second = co_await two.finish();
    CHECK_THAT(first, ContainsSubstring("held by "));
    CHECK_THAT(second, ContainsSubstring("held by "));
    int const code = co_await s.wait();
    CHECK(code == 0);
    CHECK(log.count("killed") == 0);
  });
}

TEST_CASE("a worker that does not finish in time is killed", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    supervise_options options = two_workers;
    options.workers = 1;
    options.graceful_timeout = 50ms;
    supervisor s = co_await start_supervisor(options, serve_test_requests);
    held_request held = co_await hold(s.port());
    int const code = co_await stop_and_wait(s);
    CHECK(code == 0);
    CHECK(log.count("did not end in time and is killed") == 1);
    CHECK(log.count("was killed by SIGKILL") == 1);
    std::string const nothing = co_await held.finish();
    CHECK(nothing.empty());
  });
}

TEST_CASE("stopping quickly cancels what the workers do; stopping twice kills them", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    supervisor s = co_await start_supervisor(two_workers, serve_test_requests);
    held_request held = co_await hold(s.port());
    s.stop_quickly();
    int code = co_await s.wait();
    CHECK(code == 0);
    CHECK(log.count("exited with code 0") + log.count("killed by SIGINT") == 2);  // one may not have begun to heed signals
    std::string const nothing = co_await held.finish();
    CHECK(nothing.empty());

    supervisor stubborn = co_await start_supervisor(two_workers, serve_test_requests);
    held_request endless = co_await hold(stubborn.port());
    stubborn.stop();
    stubborn.stop();
    code = co_await stubborn.wait();
    CHECK(code == 0);
    CHECK(log.count("was killed by SIGKILL") >= 1);
  });
}

TEST_CASE("reloading replaces every worker and loses no request", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    supervisor s = co_await start_supervisor(two_workers, serve_test_requests);
    co_await until_ready(s, 2);
    std::set<int> const before = pids_of(s);
    held_request held = co_await hold(s.port());
    bool done = false;
    int asked = 0;
    int lost = 0;
    auto const keep_asking = [&]() -> task<> {
      while (!done) {
        std::string const answer = co_await request(s.port(), "pid");
        ++asked;
        if (answer.empty()) ++lost;
      }
    };
    std::vector<task_handle<>> clients;
    for (int i = 0; i < 8; ++i) clients.push_back(create_task(keep_asking()));
    s.reload();
    s.reload();  // refused: it is under way
    co_await log.until("started", 4);
    co_await log.until("exited with code 0", 1);  // the other one has something to finish
    std::string const answer = co_await held.finish();
    CHECK(answer.starts_with("held by "));
    CHECK(before.contains(std::stoi(answer.substr(8))));
    co_await until_ready(s, 2);
    done = true;
    co_await gather(std::move(clients));
    CHECK(lost == 0);
    CHECK(asked > 0);
    CHECK(common_pids(before, pids_of(s)) == 0);
    CHECK(log.count("the workers are being replaced already") == 1);
    int const code = co_await stop_and_wait(s);
    CHECK(code == 0);
  });
}

TEST_CASE("there can be one worker more or one less, but not none", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    supervisor s = co_await start_supervisor(two_workers, serve_test_requests);
    s.add_worker();
    co_await until_ready(s, 3);
    std::set<int> const answered = co_await pids_answering(s.port(), 3);
    CHECK(answered.size() == 3);
    s.remove_worker();
    s.remove_worker();
    s.remove_worker();
    co_await until_ready(s, 1);
    CHECK(s.workers()[0].index == 0);
    int const code = co_await stop_and_wait(s);
    CHECK(code == 0);
  });
}

TEST_CASE("a worker that somebody stops finishes its work and is replaced at once", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    supervisor s = co_await start_supervisor({.workers = 1, .port = 0, .log = logged::log}, serve_test_requests);
    held_request held = co_await hold(s.port());
    int const first = *pids_of(s).begin();
    kill(first, SIGTERM);
    co_await log.until("serves no more");
    std::string const other = co_await request(s.port(), "pid");  // while the old one still has something to do
    CHECK(other != std::to_string(first));
    CHECK_FALSE(other.empty());
    std::string const answer = co_await held.finish();
    CHECK(answer == "held by " + std::to_string(first));
    co_await until_ready(s, 1);
    int const code = co_await stop_and_wait(s);
    CHECK(code == 0);
  });
}

TEST_CASE("a worker is replaced after its last request, and none is lost", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    supervise_options options{.workers = 1, .port = 0, .max_requests = 5, .log = logged::log};
    supervisor s = co_await start_supervisor(options, serve_test_requests);
    std::set<std::string> pids;
    for (int i = 0; i < 20; ++i) {
      std::string const pid = co_await request(s.port(), "pid");
      CHECK_FALSE(pid.empty());
      pids.insert(pid);
    }
    CHECK(pids.size() >= 3);  // one that drains may still have accepted the next
    co_await log.until("serves no more after 5 requests, and is replaced", 3);
    int const code = co_await stop_and_wait(s);
    CHECK(code == 0);
  });
}

TEST_CASE("a supervisor that goes kills its workers", "[supervise]") {
  std::set<int> pids;
  captured_reports const reports;  // of the tasks that follow the workers
  run_supervised([&]() -> task<> {
    logged const log;
    supervisor s = co_await start_supervisor(two_workers, serve_test_requests);
    co_await until_ready(s, 2);
    pids = pids_of(s);
  });
  CHECK(pids.size() == 2);
  for (int const pid : pids) CHECK(has_ended(pid));
}

TEST_CASE("a port that is taken is told before any worker is started", "[supervise]") {
  run_supervised([]() -> task<> {
    logged const log;
    server const other = co_await start_server([](stream) -> task<> { co_return; }, "127.0.0.1", 0);
    std::string text;
    try {
      supervisor const s = co_await start_supervisor({.workers = 2, .port = other.port(), .log = logged::log}, serve_test_requests);
    } catch (std::system_error const& e) {
      text = e.what();
    }
    CHECK(text == "bind 127.0.0.1:" + std::to_string(other.port()) + ": Address already in use");
    CHECK(log.text().empty());
  });
}
