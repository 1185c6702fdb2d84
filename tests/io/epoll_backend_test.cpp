// SPDX-License-Identifier: MIT
#include "epoll_fixture.hpp"

#include "../support/error_of.hpp"
#include "../support/files.hpp"

#include <halka/io/ops/accept.hpp>
#include <halka/io/ops/connect.hpp>
#include <halka/io/ops/send.hpp>
#include <halka/io/ops/splice.hpp>
#include <halka/io/ops/write.hpp>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("a descriptor that was closed and opened again behind the back of epoll is waited for as what it is now", "[io][epoll]") {
  run_on_epoll([]() -> task<> {
    blocking_pair old_pair;
    int const number = old_pair.first.get();
    put(old_pair.second.get(), "old");
    std::string text = co_await receive(number);
    CHECK(text == "old");
    auto waiting = spawn(receive, number);
    co_await settle();
    put(old_pair.second.get(), "wakes");
    text = co_await waiting;
    CHECK(text == "wakes");

    blocking_pair new_pair;
    REQUIRE(dup3(new_pair.first.get(), number, O_CLOEXEC) == number);  // closes the old one
    auto again = spawn(receive, number);
    co_await settle();
    CHECK_FALSE(again.done());
    put(new_pair.second.get(), "new");
    text = co_await again;
    CHECK(text == "new");
  });
}

TEST_CASE("what comes to a duplicate of a closed descriptor is not told to the next one with its number", "[io][epoll]") {
  run_on_epoll([]() -> task<> {
    blocking_pair old_pair;
    int const number = old_pair.first.get();
    auto waiting = spawn(receive, number);
    co_await settle();
    descriptor const keeps_it_open(fcntl(number, F_DUPFD_CLOEXEC, 0));
    waiting.cancel();
    co_await wait(std::vector<task_handle<std::string>>(1, waiting));

    blocking_pair new_pair;
    REQUIRE(dup3(new_pair.first.get(), number, O_CLOEXEC) == number);
    auto ready = spawn(until_readable, number);
    auto again = spawn(receive, number);
    co_await settle();
    put(old_pair.second.get(), "to the old one");
    co_await sleep(2ms);
    CHECK_FALSE(ready.done());
    CHECK_FALSE(again.done());
    put(new_pair.second.get(), "new");
    std::string const text = co_await again;
    CHECK(text == "new");
    co_await ready;
  });
}

TEST_CASE("operations leave no registration of a stranger's descriptor that would tell anything", "[io][epoll]") {
  run_on_epoll([]() -> task<> {
    blocking_pair p;
    auto cancelled = spawn(receive, p.first.get());
    co_await settle();
    CHECK(registrations().size() == 1);
    cancelled.cancel();
    co_await wait(std::vector<task_handle<std::string>>(1, cancelled));
    CHECK(registrations().empty());

    auto received = spawn(receive, p.first.get());
    co_await settle();
    put(p.second.get(), "text");
    co_await received;
    std::string events;
    for (std::string const& r : registrations()) events += r.substr(r.find(':') + 1) + ' ';
    bool const dead = events.empty() || std::strtoul(events.c_str(), nullptr, 16) == 0x40000000;  // EPOLLONESHOT alone: fired
    CHECK(dead);
  });
}

TEST_CASE("a stream leaves no registration when it is closed, also if its socket was duplicated", "[io][epoll][stream]") {
  run_on_epoll([]() -> task<> {
    auto [a, b] = make_stream_pair();
    descriptor const duplicate(fcntl(a.fd(), F_DUPFD_CLOEXEC, 0));
    auto reading = spawn([&near = a]() -> task<std::string> { co_return co_await near.read(10); });
    co_await settle();
    CHECK(registrations().size() == 1);
    co_await b.write("x");
    std::string const text = co_await reading;
    CHECK(text == "x");
    CHECK(registrations().size() == 1);  // it is kept
    co_await a.close();
    CHECK(registrations().empty());
  });
}

TEST_CASE("no operation leaves O_NONBLOCK on what others may share", "[io][epoll]") {
  run_on_epoll([]() -> task<> {
    blocking_pipe pipe;
    blocking_pair sockets;
    auto reads = spawn(read_from, pipe.out.get());
    auto receives = spawn(receive, sockets.first.get());
    co_await settle();
    CHECK_FALSE(is_nonblocking(pipe.out.get()));
    CHECK_FALSE(is_nonblocking(sockets.first.get()));
    co_await io::write(pipe.in.get(), const_buffer("a", 1));
    co_await io::send(sockets.second.get(), const_buffer("b", 1));
    std::string text = co_await reads;
    CHECK(text == "a");
    text = co_await receives;
    CHECK(text == "b");

    put(pipe.in.get(), "through");
    std::size_t const moved = co_await io::splice(pipe.out.get(), current_position, sockets.first.get(), 7);
    CHECK(moved == 7);

    descriptor const listener = listen_somewhere();
    auto accepts = spawn([&]() -> task<> {
      auto const accepted = co_await io::accept(listener.get());
      CHECK_FALSE(is_nonblocking(accepted.fd.get()));
    });
    co_await settle();
    descriptor const client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    co_await io::connect(client.get(), socket_address::local_of(listener.get()));
    co_await accepts;
    for (int const fd : {pipe.in.get(), pipe.out.get(), sockets.first.get(), sockets.second.get(), listener.get(), client.get()})
      CHECK_FALSE(is_nonblocking(fd));
  });
}

TEST_CASE("an accept whose connection another process took does not block the loop", "[io][epoll]") {
  run_on_epoll([]() -> task<> {
    descriptor const listener = listen_somewhere();
    auto const address = socket_address::local_of(listener.get());
    auto accepts = spawn([&]() -> task<> { co_await io::accept(listener.get()); });
    co_await settle();
    descriptor const client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(connect(client.get(), static_cast<sockaddr const*>(address.data()), static_cast<socklen_t>(address.size())) == 0);
    descriptor const taken(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));  // before the loop looks
    REQUIRE(taken.get() >= 0);
    co_await sleep(2ms);
    CHECK_FALSE(accepts.done());
    accepts.cancel();
    co_await wait(std::vector<task_handle<>>(1, accepts));
    CHECK(accepts.cancelled());
  });
}

TEST_CASE("a stream that has read less than it asked for hears of what comes next, and of the end", "[io][epoll][stream]") {
  run_on_epoll([]() -> task<> {
    server srv = co_await start_server(
        [](stream peer) -> task<> {
          for (int i = 0; i < 50; ++i) {
            std::string const text = co_await peer.read(4096);
            if (text.empty()) co_return;
            co_await peer.write(text);
          }
        },
        "127.0.0.1", 0);
    stream s = co_await open_connection("127.0.0.1", srv.port());
    for (int i = 0; i < 50; ++i) {
      std::string const sent(static_cast<std::size_t>(i) + 1, 'x');
      co_await s.write(sent);
      std::string const got = co_await s.read_exactly(sent.size());
      CHECK(got == sent);
    }
    std::string const end = co_await s.read(10);
    CHECK(end.empty());
    co_await s.close();
    srv.close();
    co_await srv.wait_closed();
  });
}

TEST_CASE("urgent data does not hide what comes behind it", "[io][epoll][stream]") {
  run_on_epoll([]() -> task<> {
    descriptor listener = listen_somewhere();
    stream s = co_await open_connection("127.0.0.1", socket_address::local_of(listener.get()).port());
    descriptor const peer(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    auto reading = spawn([&]() -> task<std::string> { return s.read_exactly(6); });
    co_await settle();
    put(peer.get(), "abc");
    REQUIRE(send(peer.get(), "!", 1, MSG_OOB) == 1);
    put(peer.get(), "def");
    std::string const text = co_await wait_for(std::move(reading), 5s);
    CHECK(text == "abcdef");
    co_await s.close();
  });
}

TEST_CASE("any number of tasks wait for readiness of one descriptor, each for its own events", "[io][epoll]") {
  run_on_epoll([]() -> task<> {
    blocking_pair p;
    std::vector<task_handle<>> readers;
    for (int i = 0; i < 20; ++i) readers.push_back(spawn(until_readable, p.first.get()));
    auto writer = spawn([&]() -> task<> { co_await writable(p.first.get()); });
    co_await writer;
    for (auto const& r : readers) CHECK_FALSE(r.done());
    readers[3].cancel();
    readers[7].cancel();
    co_await settle();
    put(p.second.get(), "x");
    co_await wait(readers);
    int done = 0;
    for (auto const& r : readers) done += !r.cancelled();
    CHECK(done == 18);
    std::string const text = co_await receive(p.first.get());
    CHECK(text == "x");
  });
}

TEST_CASE("a file is always ready, and a closed number is an error", "[io][epoll]") {
  scratch_directory dir;
  run_on_epoll([&]() -> task<> {
    descriptor f(open((dir / "file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    co_await readable(f.get());
    co_await writable(f.get());
    int const number = f.get();
    f.close();
    auto const error = co_await error_of(until_readable(number));
    CHECK(error == "wait until readable: fd " + std::to_string(number) + ": Bad file descriptor");
  });
}
