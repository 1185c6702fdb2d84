// SPDX-License-Identifier: MIT
#pragma once

#include <halka/halka.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>

namespace halka::test {

// What tests of sockets and servers have in common.

/// A handler that sends everything back.
inline task<> echo(stream peer) {
  while (true) {
    std::string const data = co_await peer.read(4096);
    if (data.empty()) co_return;
    co_await peer.write(data);
  }
}

/// What comes back, up to the end, when `text` and an end were sent.
inline task<std::string> ask(stream s, std::string text) {
  co_await s.write(text);
  co_await s.write_eof();
  std::string answer = co_await s.read_all();
  co_return answer;
}
inline task<std::string> ask(std::uint16_t port, std::string text) {
  stream s = co_await open_connection("127.0.0.1", port);
  std::string answer = co_await ask(std::move(s), std::move(text));
  co_return answer;
}
inline task<std::string> ask(std::string path, std::string text) {
  stream s = co_await open_unix_connection(std::move(path));
  std::string answer = co_await ask(std::move(s), std::move(text));
  co_return answer;
}

/// The text of the exception that a coroutine ends with; "none" if it ends well.
template <class T>
task<std::string> failure_text(task<T> attempt) {
  std::string text = "none";
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(attempt);
    } else {
      T const result = co_await std::move(attempt);
      static_cast<void>(result);
    }
  } catch (std::exception const& e) {
    text = e.what();
  }
  co_return text;
}

/// Waits until the server has as many connections.
inline task<> until_connections(server const& srv, std::size_t count) {
  while (srv.statistics().connections != count) co_await yield_now();
}

/// A directory for the files of unix sockets, removed at the end; its path is short.
class socket_directory {
 public:
  socket_directory();
  ~socket_directory();
  socket_directory(socket_directory const&) = delete;
  socket_directory& operator=(socket_directory const&) = delete;
  std::filesystem::path path;
};

}  // namespace halka::test
