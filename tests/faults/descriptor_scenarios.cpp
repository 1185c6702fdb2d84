// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "scenario.hpp"

#include <halka/io/ops/accept.hpp>
#include <halka/io/ops/close.hpp>
#include <halka/io/ops/connect.hpp>
#include <halka/io/ops/read.hpp>
#include <halka/io/ops/receive_message.hpp>
#include <halka/io/ops/recv.hpp>
#include <halka/io/ops/send.hpp>
#include <halka/io/ops/send_message.hpp>
#include <halka/io/ops/splice.hpp>
#include <halka/io/ops/wait_child.hpp>
#include <halka/io/ops/write.hpp>
#include <halka/io/spawn.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <array>
#include <csignal>
#include <span>

namespace halka::faults {

namespace {

/// A pipe that the scenario fills and looks at without faults.
struct pipe_pair : test::pipe_pair {
  void write(std::string_view text) const {
    spared const own;
    test::pipe_pair::write(text);
  }
  std::string read() const {
    spared const own;
    return test::pipe_pair::read();
  }
};
using test::socket_pair;

task<> read_pipe() {
  pipe_pair const p;
  p.write("hello");
  std::array<char, 16> buffer{};
  std::size_t const n = co_await io::read(p.read_end.get(), mutable_buffer(buffer.data(), buffer.size()));
  expect(n >= 1 && buffer[0] == 'h', "read");
}

task<> write_pipe() {
  pipe_pair const p;
  std::size_t const n = co_await io::write(p.write_end.get(), "hello");
  expect(n >= 1 && p.read().starts_with("h"), "write");
}

task<> recv_socket() {
  socket_pair const s;
  by_itself([&] { return ::send(s.second.get(), "hello", 5, 0); });
  std::array<char, 16> buffer{};
  std::size_t const n = co_await io::recv(s.first.get(), mutable_buffer(buffer.data(), buffer.size()));
  expect(n >= 1 && buffer[0] == 'h', "recv");
}

task<> send_socket() {
  socket_pair const s;
  std::size_t const n = co_await io::send(s.first.get(), "hello", MSG_NOSIGNAL);
  expect(n >= 1, "send");
}

task<> messages() {
  socket_pair const s;
  char text[] = "hello";
  iovec part{text, 5};
  msghdr out{};
  out.msg_iov = &part;
  out.msg_iovlen = 1;
  std::size_t const sent = co_await io::send_message(s.first.get(), out, MSG_NOSIGNAL);
  expect(sent == 5, "sendmsg");
  std::array<char, 16> buffer{};
  iovec room{buffer.data(), buffer.size()};
  msghdr in{};
  in.msg_iov = &room;
  in.msg_iovlen = 1;
  std::size_t const got = co_await io::receive_message(s.second.get(), in);
  expect(got == 5 && buffer[4] == 'o', "recvmsg");
}

task<> accept_and_connect() {
  unique_fd listener = io::make_socket(AF_INET, io::socket_kind::stream);
  io::bind(listener.get(), socket_address::ip("127.0.0.1", 0));
  io::listen(listener.get(), 4);
  unique_fd client = io::make_socket(AF_INET, io::socket_kind::stream);
  socket_address const there = by_itself([&] { return socket_address::local_of(listener.get()); });
  co_await io::connect(client.get(), there);
  io::accepted_connection const taken = co_await io::accept(listener.get());
  expect(taken.fd.is_open(), "accept");
}

task<> close_descriptor() {
  pipe_ends ends = make_pipe();
  co_await io::close(std::move(ends.read_end));
  co_await io::close(std::move(ends.write_end));
}

task<> splice_file() {
  pipe_pair const from;
  pipe_pair const to;
  from.write("hello");
  std::size_t const n = co_await io::splice(from.read_end.get(), current_position, to.write_end.get(), 5);
  expect(n >= 1, "splice");
}

task<> wait_readable() {
  pipe_pair const p;
  auto write_later = [&]() -> task<> {
    co_await yield_now();
    p.write("x");
  };
  auto wait = [&]() -> task<> { co_await readable(p.read_end.get()); };
  co_await gather(wait(), write_later());
  co_await writable(p.write_end.get());
}

task<> watch_descriptor() {
  pipe_pair const p;
  event called;
  event_loop& loop = get_running_loop();
  loop.add_reader(p.read_end.get(), [&] { called.set(); });
  struct removal {
    event_loop& loop;
    int fd;
    ~removal() { loop.remove_reader(fd); }
  } const at_the_end{loop, p.read_end.get()};
  p.write("x");
  // A watch that failed is told, and is never called.
  bool const came = co_await move_on_after(std::chrono::milliseconds(50), [&]() -> task<> { co_await called.wait(); });
  expect(came, "a reader is called");
}

task<> wait_child() {
  std::string const arguments[] = {"/bin/true"};
  io::spawned_process child = io::spawn_process(arguments, {});
  struct reaper {
    int pid;
    bool taken = false;
    ~reaper() {
      if (taken) return;
      spared const own;
      kill(pid, SIGKILL);
      waitpid(pid, nullptr, 0);
    }
  } end{child.pid};
  int const status = co_await io::wait_child(child.pidfd.get());
  end.taken = true;
  expect(status == 0, "wait_child");
}

}  // namespace

std::vector<scenario> const& operations_on_descriptors() {
  static std::vector<scenario> const all{
      {"io::read", read_pipe},
      {"io::write", write_pipe},
      {"io::recv", recv_socket},
      {"io::send", send_socket},
      {"io::send_message, io::receive_message", messages},
      {"io::accept, io::connect", accept_and_connect},
      {"io::close", close_descriptor},
      {"io::splice", splice_file},
      {"io::wait_child", wait_child},
      {"readable, writable", wait_readable},
      {"add_reader", watch_descriptor},
  };
  return all;
}

}  // namespace halka::faults
