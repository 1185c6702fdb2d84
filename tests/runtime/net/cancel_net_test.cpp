// SPDX-License-Identifier: MIT
#include "../../support/descriptors.hpp"
#include "../../support/fixture.hpp"
#include "../../support/network.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

/// Runs `body` again and again, cancelled one pass later each time, until it ends before that. What is left over is told.
task<trace> cancel_in_every_pass(task<> (*body)()) {
  trace problems;
  auto const before = open_descriptors();
  bool ended_before = false;
  for (int passes = 0; !ended_before; ++passes) {
    auto const attempt = create_task(body());
    for (int i = 0; i < passes && !attempt.done(); ++i) co_await yield_now();
    ended_before = attempt.done();
    attempt.cancel();
    co_await wait(std::vector(1, attempt));
    std::string const when = " after pass " + std::to_string(passes);
    if (attempt.phase() == task_phase::failed) problems.push_back("failed" + when + ": " + describe(attempt.exception()));
    if (attempt.phase() == task_phase::succeeded && !ended_before) problems.push_back("not cancelled" + when);
    for (int i = 0; i < 100 && all_tasks().size() > 1; ++i) co_await yield_now();  // handlers that were cancelled
    if (all_tasks().size() > 1) problems.push_back("left" + when + ": " + all_tasks().back().description());
    if (open_descriptors() != before) problems.push_back("open descriptors" + when);
    if (passes > 100'000) problems.push_back("it does not end");
    if (!problems.empty()) break;
  }
  co_return problems;
}

task<> converse_over_tcp() {
  server srv = co_await start_server(echo, "127.0.0.1", 0);
  std::string const answer = co_await ask(srv.port(), "question");
  srv.close();
  co_await srv.wait_closed();
}

task<> serve_two_clients() {
  server srv = co_await start_server(echo, "", 0);
  co_await with_task_group([&](task_group& group) -> task<> {
    auto const serving = group.create_task(srv.serve_forever());
    stream one = co_await open_connection("::1", srv.port());
    stream two = co_await open_connection("127.0.0.1", srv.port());
    co_await one.write("x");
    std::string const back = co_await one.read(1);
    serving.cancel();
    co_await wait(std::vector(1, serving));
  });
}

task<> converse_by_datagram() {
  datagram service = co_await open_datagram({.local = {"127.0.0.1", 0}});
  datagram client = co_await open_datagram({.remote = service.local_address()});
  co_await client.send("question");
  received_datagram const question = co_await service.receive_from();
  co_await service.send_to("answer", question.sender);
  std::string const answer = co_await client.receive();
}

}  // namespace

TEST_CASE("a conversation over TCP can be cancelled at every await and leaves nothing", "[runtime][server][cancel]") {
  captured_reports const reports;
  trace problems;
  run_real([&]() -> task<> { problems = co_await cancel_in_every_pass(converse_over_tcp); });
  CHECK(problems == trace{});
  CHECK(reports.texts() == trace{});
}

TEST_CASE("a server with clients can be cancelled at every await and leaves nothing", "[runtime][server][cancel]") {
  captured_reports const reports;
  trace problems;
  run_real([&]() -> task<> { problems = co_await cancel_in_every_pass(serve_two_clients); });
  CHECK(problems == trace{});
  CHECK(reports.texts() == trace{});
}

TEST_CASE("a conversation by datagram can be cancelled at every await and leaves nothing", "[runtime][datagram][cancel]") {
  captured_reports const reports;
  trace problems;
  run_real([&]() -> task<> { problems = co_await cancel_in_every_pass(converse_by_datagram); });
  CHECK(problems == trace{});
  CHECK(reports.texts() == trace{});
}
