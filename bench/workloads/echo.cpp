// SPDX-License-Identifier: MIT
// The echo server on halka: bench-echo-halka read|read_16k|read_some|recv
//
//   read       as the documentation writes it: read(4096) returns a string, write sends it
//   read_16k   the same with read(16384)
//   read_some  into a buffer of the handler's own
//   recv       the operations alone, without a stream
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

halka::task<> echo_operations(halka::unique_fd peer) {
  auto const memory = std::make_unique<char[]>(buffer_size);
  try {
    for (;;) {
      std::size_t const n = co_await halka::io::recv(peer.get(), halka::mutable_buffer(memory.get(), buffer_size));
      if (n == 0) co_return;
      co_await halka::io::send(peer.get(), halka::const_buffer(memory.get(), n), MSG_WAITALL);
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

void start(std::string_view mode, halka::unique_fd peer) {
  if (mode == "recv")
    halka::spawn(echo_operations, std::move(peer));
  else if (mode == "read_some")
    halka::spawn(echo_into_own_buffer, halka::stream(std::move(peer)));
  else
    halka::spawn(echo_reads, halka::stream(std::move(peer)), mode == "read" ? std::size_t{4096} : buffer_size);
}

/// Takes all that have come: with one for each pass, those who come while thousands talk would wait for seconds.
halka::task<> serve(int listener, std::string_view mode) {
  for (;;) {
    co_await halka::readable(listener);
    for (int c; (c = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) start(mode, halka::unique_fd(c));
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view const mode = argc > 1 ? argv[1] : "";
  if (mode != "read" && mode != "read_16k" && mode != "read_some" && mode != "recv") {
    std::fprintf(stderr, "usage: %s read|read_16k|read_some|recv\n", argv[0]);
    return 2;
  }
  halka::run(serve(bench::listen_on_free_port(SOCK_NONBLOCK), mode));
}
