// SPDX-License-Identifier: MIT
#include "talk_redis.hpp"

#include <cstddef>
#include <stdexcept>

namespace interop {

namespace {

halka::task<halka::stream> connect(std::string where) {
  if (where.front() == '/') return halka::open_unix_connection(std::move(where));
  return halka::open_connection("127.0.0.1", static_cast<std::uint16_t>(std::stoi(where)));
}

std::string key(int i) { return "key:" + std::to_string(i); }

/// Some are empty, some are long, and some contain line breaks.
std::string value(int i) {
  return std::string(static_cast<std::size_t>(i % 100 == 0 ? 20'000 : i % 50), static_cast<char>(i)) + (i % 7 == 0 ? "\r\n" : "");
}

std::string bulk(std::string const& text) { return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n"; }

halka::task<> expect(halka::stream& s, std::string wanted) {
  std::string const answer = co_await s.read_exactly(wanted.size());
  if (answer != wanted) throw std::runtime_error("unexpected answer: " + answer.substr(0, 100));
}

halka::task<> send_commands(halka::stream& s, int count) {
  for (int i = 0; i < count; ++i) co_await s.write("*3\r\n$3\r\nSET\r\n", bulk(key(i)), bulk(value(i)));
  for (int i = 0; i < count; ++i) co_await s.write("*2\r\n$3\r\nGET\r\n", bulk(key(i)));
}

halka::task<> read_answers(halka::stream& s, int count) {
  for (int i = 0; i < count; ++i) co_await expect(s, "+OK\r\n");
  for (int i = 0; i < count; ++i) co_await expect(s, bulk(value(i)));
}

}  // namespace

halka::task<> talk_redis(std::string where, int count) {
  halka::stream s = co_await connect(std::move(where));
  co_await s.write("PING\r\n");
  co_await expect(s, "+PONG\r\n");
  co_await halka::gather(send_commands(s, count), read_answers(s, count));
  co_await s.write("QUIT\r\n");
  std::string const last = co_await s.read_all();
  if (last != "+OK\r\n") throw std::runtime_error("unexpected farewell: " + last);
}

}  // namespace interop
