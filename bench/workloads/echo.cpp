// SPDX-License-Identifier: MIT
// The echo server on halka: bench-echo-halka read|read_16k|read_some|operations
//
//   read       as the documentation writes it: read(4096) returns a string, write sends it
//   read_16k   the same with read(16384)
//   read_some  into a buffer of the handler's own
//   operations the operations alone, without a stream
#include "../common/listener.hpp"

#include <halka/halka.hpp>
#include <halka/io/ops/recv.hpp>
#include <halka/io/ops/send.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace {

constexpr std::size_t buffer_size = 16384;

halka::task<> echo_operations(halka::stream peer) {
  auto const memory = std::make_unique<char[]>(buffer_size);
  try {
    for (;;) {
      std::size_t const n = co_await halka::io::recv(peer.fd(), halka::mutable_buffer(memory.get(), buffer_size));
      if (n == 0) co_return;
      co_await halka::io::send(peer.fd(), halka::const_buffer(memory.get(), n), MSG_WAITALL);
    }
  } catch (std::system_error const&) {
    // the end of the connection
  }
}

halka::task<> echo_reads(halka::stream peer, std::size_t most) {
  try {
    for (;;) {
      std::string const data = co_await peer.read(most);
      if (data.empty()) co_return;
      co_await peer.write(data);
    }
  } catch (std::system_error const&) {
  }
}

halka::task<> echo_into_own_buffer(halka::stream peer) {
  auto const memory = std::make_unique<char[]>(buffer_size);
  try {
    for (;;) {
      std::size_t const n = co_await peer.read_some(halka::mutable_buffer(memory.get(), buffer_size));
      if (n == 0) co_return;
      co_await peer.write(halka::const_buffer(memory.get(), n));
    }
  } catch (std::system_error const&) {
  }
}

halka::task<> echo_with_read(halka::stream peer) { return echo_reads(std::move(peer), 4096); }
halka::task<> echo_with_long_read(halka::stream peer) { return echo_reads(std::move(peer), buffer_size); }

halka::task<> serve(halka::task<> (*handler)(halka::stream)) {
  bench::raise_descriptor_limit();
  halka::server server = co_await halka::start_server(handler, "127.0.0.1", 0, {.backlog = bench::backlog});
  bench::print_port(server.port());
  co_await server.serve_forever();
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view const mode = argc > 1 ? argv[1] : "";
  if (mode == "read") halka::run(serve(echo_with_read));
  if (mode == "read_16k") halka::run(serve(echo_with_long_read));
  if (mode == "read_some") halka::run(serve(echo_into_own_buffer));
  if (mode == "operations") halka::run(serve(echo_operations));
  std::fprintf(stderr, "usage: %s read|read_16k|read_some|operations\n", argv[0]);
  return 2;
}
