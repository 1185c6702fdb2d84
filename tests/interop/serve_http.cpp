// SPDX-License-Identifier: MIT
#include "serve_http.hpp"

#include <sys/stat.h>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace interop {

namespace {

std::string head(std::string_view status, std::uint64_t length, bool stays) {
  return "HTTP/1.1 " + std::string(status) +
         "\r\nContent-Type: application/octet-stream\r\nContent-Length: " + std::to_string(length) +
         "\r\nConnection: " + (stays ? "keep-alive" : "close") + "\r\n\r\n";
}

std::uint64_t size_of(int file) {
  struct stat status {};
  return fstat(file, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

/// Whether the client wants another answer over this connection.
bool stays_open(std::string_view request) {
  bool const is_old = request.find(" HTTP/1.0\r\n") != std::string_view::npos;
  for (std::string_view const header : {"\r\nConnection: ", "\r\nconnection: "}) {
    std::size_t const at = request.find(header);
    if (at == std::string_view::npos) continue;
    std::string_view const value = request.substr(at + header.size(), 5);
    return value != "close" && value != "Close" && (!is_old || value == "keep-" || value == "Keep-");
  }
  return !is_old;
}

halka::task<> answer(halka::stream& peer, std::string_view request, bool stays) {
  std::string_view const path = request.substr(4, request.find(' ', 4) - 4);
  if (!request.starts_with("GET ")) {
    co_await peer.write(head("405 Method Not Allowed", 0, stays));
  } else if (path == "/") {
    std::string const text = "hello from halka\n";
    co_await peer.write(head("200 OK", text.size(), stays), text);
  } else if (path == "/large" && large_file >= 0) {
    std::uint64_t const size = size_of(large_file);
    co_await peer.write(head("200 OK", size, stays));
    co_await peer.send_file(large_file, 0, size);
  } else {
    co_await peer.write(head("404 Not Found", 0, stays));
  }
}

halka::task<> answer_all(halka::stream& peer) {
  for (bool stays = true; stays;) {
    std::string const request = co_await peer.read_until("\r\n\r\n");
    stays = stays_open(request);
    co_await answer(peer, request, stays);
  }
}

}  // namespace

halka::task<> serve_http(halka::stream peer) {
  try {
    co_await answer_all(peer);
  } catch (halka::incomplete_read_error const& e) {
    if (!e.partial().empty()) throw;
  } catch (std::system_error const& e) {
    if (e.code() != std::errc::connection_reset && e.code() != std::errc::broken_pipe) throw;
  }
}

}  // namespace interop
