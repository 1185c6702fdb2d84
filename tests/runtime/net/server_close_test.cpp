// SPDX-License-Identifier: MIT
#include "../../support/descriptors.hpp"
#include "../../support/fixture.hpp"
#include "../../support/network.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <system_error>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> hold(stream peer) {
  co_await sleep_until(never);
  peer.close();
}

}  // namespace

TEST_CASE("the port of a closed server is free at once, and its connections go on", "[runtime][server]") {
  auto const before = open_descriptors();
  run_real([]() -> task<> {
    for (int i = 0; i < 20; ++i) {
      server srv = co_await start_server(echo, "127.0.0.1", 0);
      stream s = co_await open_connection("127.0.0.1", srv.port());
      co_await until_connections(srv, 1);
      srv.close();
      co_await srv.close();
      CHECK_FALSE(srv.is_serving());
      server next = co_await start_server(echo, "127.0.0.1", srv.port());
      co_await s.write("still here");
      std::string const back = co_await s.read(100);
      CHECK(back == "still here");
      auto const closed = create_task(srv.wait_closed());
      co_await settle();
      CHECK_FALSE(closed.done());
      s.close();
      co_await closed;
      std::string const answer = co_await ask(next.port(), "new");
      CHECK(answer == "new");
    }
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("a closed server refuses connections, and those that nobody took", "[runtime][server]") {
  run_real([]() -> task<> {
    server srv = co_await start_server(echo, "127.0.0.1", 0);
    srv.close();
    std::string said;
    try {
      stream const s = co_await open_connection("127.0.0.1", srv.port());
    } catch (std::system_error const& e) {
      said = e.what();
    }
    CHECK(said == "connect 127.0.0.1:" + std::to_string(srv.port()) + ": Connection refused");
    co_await srv.wait_closed();
    CHECK(kind_thrown([&] { srv.start_serving(); }) == "logic_error");
  });
}

TEST_CASE("serve_forever returns when the server is closed and its last connection has ended", "[runtime][server]") {
  run_real([]() -> task<> {
    server srv = co_await start_server(echo, "127.0.0.1", 0);
    auto const serving = create_task(srv.serve_forever());
    stream s = co_await open_connection("127.0.0.1", srv.port());
    co_await until_connections(srv, 1);
    srv.close();
    co_await settle();
    CHECK_FALSE(serving.done());
    s.close();
    co_await serving;
    CHECK(srv.statistics().connections == 0);
  });
}

TEST_CASE("a cancelled serve_forever cancels the handlers and waits for their clean-up", "[runtime][server][cancel]") {
  auto const before = open_descriptors();
  captured_reports const reports;
  run_real([]() -> task<> {
    trace log;
    auto handler = [&](stream peer) -> task<> {
      bool cancelled = false;
      try {
        co_await peer.read(1);
      } catch (cancelled_error const&) {
        cancelled = true;
      }
      if (cancelled) co_await peer.write("bye");
      log.push_back("cleaned up");
    };
    server srv = co_await start_server(handler, "127.0.0.1", 0);
    auto const serving = create_task(srv.serve_forever());
    stream s = co_await open_connection("127.0.0.1", srv.port());
    co_await until_connections(srv, 1);
    co_await settle();
    serving.cancel();
    co_await wait(std::vector(1, serving));
    log.push_back("ended");
    CHECK(serving.cancelled());
    CHECK(log == trace{"cleaned up", "ended"});
    std::string const last = co_await s.read_all();
    CHECK(last == "bye");
  });
  CHECK(reports.texts().empty());
  CHECK(open_descriptors() == before);
}

TEST_CASE("clients can be closed, or aborted", "[runtime][server]") {
  auto const before = open_descriptors();
  captured_reports const reports;
  run_real([]() -> task<> {
    server srv = co_await start_server(hold, "127.0.0.1", 0);
    stream closed = co_await open_connection("127.0.0.1", srv.port());
    co_await until_connections(srv, 1);
    srv.close_clients();
    std::string const rest = co_await closed.read_all();
    CHECK(rest.empty());
    co_await until_connections(srv, 0);

    stream aborted = co_await open_connection("127.0.0.1", srv.port());
    co_await until_connections(srv, 1);
    srv.abort_clients();
    std::error_code code;
    try {
      co_await aborted.read_all();
    } catch (std::system_error const& e) {
      code = e.code();
    }
    CHECK(code == std::errc::connection_reset);
    co_await until_connections(srv, 0);
    CHECK(srv.is_serving());
  });
  CHECK(reports.texts().empty());
  CHECK(open_descriptors() == before);
}

TEST_CASE("a destroyed server listens no more, and cancels its handlers", "[runtime][server]") {
  auto const before = open_descriptors();
  captured_reports const reports;
  run_real([]() -> task<> {
    stream s;
    {
      server srv = co_await start_server(hold, "127.0.0.1", 0);
      s = co_await open_connection("127.0.0.1", srv.port());
      co_await until_connections(srv, 1);
      server moved = std::move(srv);
      CHECK(moved.is_serving());
      CHECK_FALSE(srv.is_serving());
      CHECK(kind_thrown([&] { srv.serve_forever().discard(); }) == "logic_error");
    }
    std::string const end = co_await s.read_all();
    CHECK(end.empty());
    CHECK(all_tasks().size() == 1);
  });
  CHECK(reports.texts().empty());
  CHECK(open_descriptors() == before);
}

TEST_CASE("the end of the loop ends a server that is still there", "[runtime][server]") {
  auto const before = open_descriptors();
  captured_reports const reports;
  {
    server outliving;
    stream client;
    run_real([&]() -> task<> {
      outliving = co_await start_server(hold, "127.0.0.1", 0);
      client = co_await open_connection("127.0.0.1", outliving.port());
      co_await until_connections(outliving, 1);
    });
    CHECK(reports.count("was still running at the end of run and cancelled") == 1);
    outliving.close();
    CHECK_FALSE(outliving.is_serving());
  }
  CHECK(open_descriptors() == before);
}
