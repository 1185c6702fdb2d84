// SPDX-License-Identifier: MIT
#include "../support/files.hpp"
#include "scenario.hpp"

#include <array>
#include <utility>

namespace halka::faults {

namespace {

task<> read_and_write() {
  auto [a, b] = make_stream_pair();
  co_await a.write("hello");
  std::string const got = co_await b.read(16);
  co_await b.close();
  co_await a.close();
  expect(std::string("hello").starts_with(got) && !got.empty(), "stream::read");
}

task<> read_pieces() {
  auto [a, b] = make_stream_pair();
  co_await a.write("one\ntwo;three", "four");
  co_await a.write_eof();
  std::string const line = co_await b.read_line();
  std::string const part = co_await b.read_until(";");
  std::string const five = co_await b.read_exactly(5);
  std::array<char, 2> buffer{};
  std::size_t const some = co_await b.read_some(mutable_buffer(buffer.data(), buffer.size()));
  std::string const rest = co_await b.read_all();
  expect(line == "one\n" && part == "two;" && five == "three" && some + rest.size() == 4, "pieces of a stream");
}

task<> write_much() {
  std::string const data = test::noise(600'000);
  auto [a, b] = make_stream_pair();
  std::string got;
  auto send = [&]() -> task<> {
    co_await a.write(data);
    co_await a.write_eof();
  };
  auto receive = [&]() -> task<> { got = co_await b.read_all(); };
  try {
    co_await gather(send(), receive());
  } catch (...) {
    a.abort();
    throw;
  }
  expect(got == data, "what a stream carries");
}

task<> write_from_several() {
  auto [a, b] = make_stream_pair();
  std::string const block(200'000, 'x');
  std::string got;
  auto send = [&]() -> task<> { co_await a.write(block); };
  auto receive = [&]() -> task<> { got = co_await b.read_exactly(3 * block.size()); };
  co_await gather(send(), send(), send(), receive());
  expect(got.size() == 3 * block.size(), "what several tasks wrote");
}

task<> cancelled_write() {
  auto [a, b] = make_stream_pair();
  std::string const block(1'000'000, 'x');
  auto send = [&]() -> task<> { co_await a.write(block); };
  bool const whole = co_await move_on_after(std::chrono::microseconds(100), send);
  expect(!whole, "a write without a reader");
  std::string got;
  auto receive = [&]() -> task<> { got = co_await b.read_all(); };
  auto end_output = [&]() -> task<> {
    std::exception_ptr failure;
    try {
      co_await a.write("!");  // the rest goes first; if that failed, it is told here
    } catch (...) {
      failure = std::current_exception();
    }
    if (failure) {
      a.abort();
      std::rethrow_exception(failure);
    }
    a.close();
  };
  co_await gather(end_output(), receive());
  // What was begun goes out whole.
  expect(got.size() == block.size() + 1 || got.size() == 1, "the rest of a cancelled write");
}

task<> file_to_stream() {
  std::string const name = scratch() + "/sent";
  std::string const data = test::noise(100'000);
  by_itself([&] { return test::put(name, data); });
  auto [a, b] = make_stream_pair();
  file f = co_await open_file(name);
  std::string got;
  auto send = [&]() -> task<> {
    co_await send_file(a, f);
    co_await a.close();
  };
  auto receive = [&]() -> task<> { got = co_await b.read_all(); };
  try {
    co_await gather(send(), receive());
  } catch (...) {
    a.abort();
    throw;
  }
  co_await f.close();
  expect(got == data, "send_file");
}

task<> pipe_streams() {
  pipe_ends ends = make_pipe();
  stream in(std::move(ends.read_end));
  stream out(std::move(ends.write_end));
  co_await out.write("hello\n");
  std::string const line = co_await in.read_line();
  co_await out.close();
  std::string const rest = co_await in.read_all();
  expect(line == "hello\n" && rest.empty(), "pipes");
}

}  // namespace

std::vector<scenario> const& operations_on_streams() {
  static std::vector<scenario> const all{
      {"stream: read, write, close", read_and_write},
      {"stream: read_line, read_until, read_exactly, read_some, read_all", read_pieces},
      {"stream: a large write", write_much},
      {"stream: writes of several tasks", write_from_several},
      {"stream: a cancelled write", cancelled_write},
      {"stream over pipes", pipe_streams},
      {"send_file", file_to_stream},
  };
  return all;
}

}  // namespace halka::faults
