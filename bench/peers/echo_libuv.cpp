// SPDX-License-Identifier: MIT
// The echo server on libuv. As its documentation has it, a write that the socket takes at once needs no request.
#include "../common/listener.hpp"

#include <uv.h>

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace {

struct connection {
  uv_tcp_t handle;
};

/// What a socket did not take at once.
struct rest {
  uv_write_t request;
  std::vector<char> bytes;
};

std::array<char, 65536> shared;  // libuv reads into it and calls back at once

void lend(uv_handle_t*, std::size_t, uv_buf_t* buffer) { *buffer = uv_buf_init(shared.data(), shared.size()); }

void end(uv_stream_t* peer) {
  uv_close(reinterpret_cast<uv_handle_t*>(peer), [](uv_handle_t* h) { delete static_cast<connection*>(h->data); });
}

void received(uv_stream_t* peer, ssize_t n, uv_buf_t const* buffer) {
  if (n < 0) return end(peer);
  if (n == 0) return;
  uv_buf_t data = uv_buf_init(buffer->base, static_cast<unsigned>(n));
  int const taken = uv_try_write(peer, &data, 1);
  if (taken < 0 && taken != UV_EAGAIN) return end(peer);
  std::size_t const done = taken < 0 ? 0 : static_cast<std::size_t>(taken);
  if (done == data.len) return;
  auto* const left = new rest{{}, {data.base + done, data.base + data.len}};
  left->request.data = left;
  data = uv_buf_init(left->bytes.data(), static_cast<unsigned>(left->bytes.size()));
  uv_write(&left->request, peer, &data, 1, [](uv_write_t* request, int) { delete static_cast<rest*>(request->data); });
}

void connected(uv_stream_t* listener, int status) {
  if (status < 0) return;
  auto* const c = new connection;
  uv_tcp_init(listener->loop, &c->handle);
  c->handle.data = c;
  auto* const peer = reinterpret_cast<uv_stream_t*>(&c->handle);
  if (uv_accept(listener, peer) != 0) return end(peer);
  uv_tcp_nodelay(&c->handle, 1);
  uv_read_start(peer, lend, received);
}

}  // namespace

int main() {
  uv_loop_t* const loop = uv_default_loop();
  uv_tcp_t listener;
  uv_tcp_init(loop, &listener);
  uv_tcp_open(&listener, bench::listen_on_free_port());
  uv_listen(reinterpret_cast<uv_stream_t*>(&listener), bench::backlog, connected);
  uv_run(loop, UV_RUN_DEFAULT);
}
