// SPDX-License-Identifier: MIT
#include "fetch_http.hpp"

#include <cstddef>
#include <stdexcept>
#include <vector>

namespace interop {

namespace {

std::size_t length_of_body(std::string const& head) {
  std::string const name = "Content-Length: ";
  std::size_t const at = head.find(name);
  if (!head.starts_with("HTTP/1.1 200 ") || at == std::string::npos) throw std::runtime_error("unexpected answer: " + head);
  return std::stoul(head.substr(at + name.size()));
}

halka::task<std::string> fetch_over(halka::stream& s, std::string const& path) {
  co_await s.write("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  std::string const head = co_await s.read_until("\r\n\r\n");
  std::string body = co_await s.read_exactly(length_of_body(head));
  co_return body;
}

void check_same(std::string const& one, std::string const& other) {
  if (one != other) throw std::runtime_error("two answers differ");
}

/// Waits for `go` once it is connected, so that all are.
halka::task<std::string> fetch_when_told(std::uint16_t port, std::string path, int& connected, halka::event& go) {
  halka::stream s = co_await halka::open_connection("127.0.0.1", port);
  if (--connected == 0) go.set();
  co_await go.wait();
  std::string body = co_await fetch_over(s, path);
  co_return body;
}

}  // namespace

halka::task<std::string> fetch(std::uint16_t port, std::string path) {
  halka::stream s = co_await halka::open_connection("127.0.0.1", port);
  std::string body = co_await fetch_over(s, path);
  co_return body;
}

halka::task<> fetch_again_and_again(std::uint16_t port, std::string path, int times) {
  halka::stream s = co_await halka::open_connection("127.0.0.1", port);
  std::string const first = co_await fetch_over(s, path);
  for (int i = 1; i < times; ++i) {
    std::string const next = co_await fetch_over(s, path);
    check_same(first, next);
  }
}

halka::task<> fetch_at_once(std::uint16_t port, std::string path, int connections) {
  int missing = connections;
  halka::event go;
  std::vector<halka::task<std::string>> fetches;
  for (int i = 0; i < connections; ++i) fetches.push_back(fetch_when_told(port, path, missing, go));
  auto const bodies = co_await halka::gather(std::move(fetches));
  for (std::string const& body : bodies) check_same(bodies.front(), body);
}

}  // namespace interop
