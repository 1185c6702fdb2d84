// SPDX-License-Identifier: MIT
// Each lane's client tells the server its number first, so that both ends of a connection find the same lane.
#include "../support/network.hpp"
#include "lane.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <exception>
#include <string>
#include <system_error>

namespace soak {

namespace {

using lanes_type = std::vector<std::unique_ptr<lane>>;

constexpr int small = 4096;

halka::task<> use_both_ways(halka::stream& s, direction& out, direction& in) {
  co_await halka::with_task_group([&](halka::task_group& group) {
    group.create_task(send(s, out));
    group.create_task(receive(s, in));
  });
}

/// What a server's side of a lane fails with ends everything.
struct server_side {
  lanes_type const& lanes;
  halka::event failed;
  std::exception_ptr failure;

  halka::task<> serve(halka::stream peer) {
    try {
      std::string const name = co_await peer.read_exactly(sizeof(std::uint32_t));
      std::uint32_t number = 0;
      std::memcpy(&number, name.data(), sizeof number);
      lane& l = *lanes.at(number);
      co_await use_both_ways(peer, l.down, l.up);
      co_await peer.close();
    } catch (std::exception const&) {
      if (!failure) failure = std::current_exception();
      failed.set();
    }
  }
};

halka::task<> be_client(halka::task<halka::stream> connecting, lane& l, std::uint32_t number) {
  halka::stream s = co_await std::move(connecting);
  co_await s.write(halka::const_buffer(&number, sizeof number));
  co_await use_both_ways(s, l.up, l.down);
  co_await s.close();
}

halka::task<> use_pipe(lane& l) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::system_category(), "pipe2");
  if (l.small_buffers) fcntl(ends[1], F_SETPIPE_SZ, small);
  halka::stream out = halka::stream(halka::unique_fd(ends[0]));
  halka::stream in = halka::stream(halka::unique_fd(ends[1]));
  co_await halka::with_task_group([&](halka::task_group& group) {
    group.create_task(send(in, l.up));
    group.create_task(receive(out, l.up));
  });
}

}  // namespace

halka::task<> carry(lanes_type const& lanes) {
  halka::test::socket_directory const directory;
  std::string const path = directory.path / "roomy";
  std::string const small_path = directory.path / "small";
  server_side side{lanes, {}, nullptr};
  auto const handler = [&side](halka::stream peer) { return side.serve(std::move(peer)); };
  halka::server tcp = co_await halka::start_server(handler, "127.0.0.1", 0);
  halka::server small_tcp = co_await halka::start_server(handler, "127.0.0.1", 0, {.send_buffer = small, .receive_buffer = small});
  halka::server local = co_await halka::start_unix_server(handler, path);
  halka::server small_local =
      co_await halka::start_unix_server(handler, small_path, {.send_buffer = small, .receive_buffer = small});
  auto const connect = [&](lane const& l) -> halka::task<halka::stream> {
    int const size = l.small_buffers ? small : 0;
    if (l.kind == transport::tcp)
      return halka::open_connection("127.0.0.1", (l.small_buffers ? small_tcp : tcp).port(),
                                    {.send_buffer = size, .receive_buffer = size});
    return halka::open_unix_connection(l.small_buffers ? small_path : path, {.send_buffer = size, .receive_buffer = size});
  };
  auto const all_lanes = [&](halka::task_group& group) {
    for (std::uint32_t i = 0; i < lanes.size(); ++i) {
      lane& l = *lanes[i];
      group.create_task(l.kind == transport::pipe ? use_pipe(l) : be_client(connect(l), l, i));
    }
  };
  auto const clients = [&]() -> halka::task<> { co_await halka::with_task_group(all_lanes); };
  auto const wait_for_failure = [&]() -> halka::task<> { co_await side.failed.wait(); };
  co_await halka::race(clients(), wait_for_failure());
  if (side.failure) std::rethrow_exception(side.failure);
  for (halka::server* const s : {&tcp, &small_tcp, &local, &small_local}) {
    s->close();
    co_await s->wait_closed();
  }
  if (side.failure) std::rethrow_exception(side.failure);
}

}  // namespace soak
