// SPDX-License-Identifier: MIT
#pragma once

#include "../measures.hpp"
#include "opponent.hpp"

#include <halka/halka.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <utility>

namespace soak {

/// A socket as others hand it over.
inline halka::unique_fd bound_socket() {
  halka::unique_fd fd = halka::io::make_socket(halka::io::to_system(halka::address_family::ipv4), halka::io::socket_kind::stream);
  halka::io::bind(fd.get(), halka::socket_address::ip("127.0.0.1", 0));
  return fd;
}

/// The first failure of a handler.
struct handler_failure {
  halka::event happened;
  std::exception_ptr what;

  template <class Handler>
  halka::task<> guard(Handler& handler, halka::stream s) {
    try {
      co_await handler(std::move(s));
    } catch (std::exception const&) {
      if (!what) what = std::current_exception();
      happened.set();
    }
  }
  halka::task<> wait() { co_await happened.wait(); }
};

/// Is a server against an opponent: `talk(server)` is what the program does meanwhile. At the end the server is closed, its
/// connections have ended, and no task is left but the main one. The first failure of a handler ends it all.
template <class Handler, class Talk>
halka::task<> host(opponent const& other, Handler& handler, Talk& talk, halka::server_options options, bool handed_over) {
  std::size_t const tasks = halka::all_tasks().size();
  handler_failure failure;
  auto const serve = [&](halka::stream s) { return failure.guard(handler, std::move(s)); };
  halka::server srv;
  if (handed_over)
    srv = co_await halka::start_server(serve, bound_socket(), options);
  else
    srv = co_await halka::start_server(serve, "127.0.0.1", 0, options);
  other.begin(srv.port());
  co_await halka::race(talk(srv), failure.wait());
  if (failure.what) std::rethrow_exception(failure.what);
  srv.close();
  co_await srv.wait_closed();
  if (failure.what) std::rethrow_exception(failure.what);
  co_await halka::yield_now();
  check(halka::all_tasks().size() == tasks, "tasks are left");
}

/// The same on a loop of its own.
template <class Handler, class Talk>
void run_host(opponent const& other, Handler& handler, Talk& talk, halka::server_options options = {}, bool handed_over = false) {
  halka::run(host<Handler, Talk>(other, handler, talk, options, handed_over));
}

/// Waits until the server has as many connections.
inline halka::task<> until_connections(halka::server& srv, std::size_t count) {
  while (srv.statistics().connections != count) co_await halka::sleep(std::chrono::milliseconds(1));
}

}  // namespace soak
