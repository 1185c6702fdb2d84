// SPDX-License-Identifier: MIT
// The echo server on Asio's coroutines, one thread; over epoll, or with ASIO_HAS_IO_URING and ASIO_DISABLE_EPOLL over io_uring.
#include "../common/listener.hpp"

#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>

#include <cstddef>

namespace {

using asio::ip::tcp;

// An error is the end of the connection.
constexpr auto plain = asio::experimental::as_tuple(asio::use_awaitable);

asio::awaitable<void> echo(tcp::socket peer) {
  char buffer[16384];
  for (;;) {
    auto const [error, n] = co_await peer.async_read_some(asio::buffer(buffer), plain);
    if (error) co_return;
    auto const [failed, sent] = co_await asio::async_write(peer, asio::buffer(buffer, n), plain);
    if (failed) co_return;
  }
}

asio::awaitable<void> serve(tcp::acceptor listener) {
  for (;;) {
    auto [error, peer] = co_await listener.async_accept(plain);
    if (error) continue;
    asio::co_spawn(listener.get_executor(), echo(std::move(peer)), asio::detached);
  }
}

}  // namespace

int main() {
  asio::io_context loop(1);
  tcp::acceptor listener(loop, tcp::v4(), bench::listen_on_free_port());
  asio::co_spawn(loop, serve(std::move(listener)), asio::detached);
  loop.run();
}
