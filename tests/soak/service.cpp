// SPDX-License-Identifier: MIT
#include "service.hpp"

#include <cerrno>
#include <string>
#include <system_error>

namespace soak {

namespace {

halka::task<> echo(halka::stream& peer) {
  while (true) {
    std::string const data = co_await peer.read(4096);
    if (data.empty()) co_return;
    co_await peer.write(data);
  }
}

halka::task<> pour(halka::stream& peer) {
  std::string const much(100'000, 'x');
  while (true) co_await peer.write(much);
}

halka::task<> listen(halka::stream& peer) {
  std::string heard;
  do {
    heard = co_await peer.read(1000);
  } while (!heard.empty());
}

/// Greets, and resets the connection a moment later.
halka::task<> be_cut(halka::stream& peer) {
  co_await peer.write("ready");
  co_await halka::sleep(std::chrono::milliseconds(1));
  peer.abort();
}

halka::task<> serve(halka::stream& peer) {
  std::string const wish = co_await peer.read(1);
  if (wish.empty()) co_return;
  request const wanted = static_cast<request>(wish.front());
  if (wanted == request::echo) co_await echo(peer);
  if (wanted == request::pour) co_await pour(peer);
  if (wanted == request::listen) co_await listen(peer);
  if (wanted == request::cut) co_await be_cut(peer);
  if (wanted == request::reset) peer.abort();
}

bool means_client_is_gone(std::error_code error) noexcept { return error.value() == ECONNRESET || error.value() == EPIPE; }

halka::task<> handle(halka::stream peer) {
  try {
    co_await serve(peer);
  } catch (std::system_error const& e) {
    if (!means_client_is_gone(e.code())) throw;
  }
}

}  // namespace

halka::task<> service::start() { server_ = co_await halka::start_server(handle, "", 0); }

halka::task<> service::stop() {
  server_.close();
  co_await server_.wait_closed();
}

}  // namespace soak
