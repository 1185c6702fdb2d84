// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;

TEST_CASE("a reader is called in every pass until the data is read", "[io][watch]") {
  pipe_pair p;
  run_real([&]() -> task<> {
    event_loop& loop = get_running_loop();
    future<> enough;
    int calls = 0;
    loop.add_reader(p.read_end.get(), [&] {
      if (++calls == 3) enough.set_result();
    });
    co_await settle();
    CHECK(calls == 0);
    p.write("x");
    co_await enough;
    p.drain();
    co_await settle();  // a call that was due before the data was read may still come
    int const before = calls;
    co_await settle();
    CHECK(calls == before);
    p.write("y");
    while (calls == before) co_await yield_now();
    CHECK(loop.remove_reader(p.read_end.get()));
  });
}

TEST_CASE("a writer is called while there is room", "[io][watch]") {
  pipe_pair p;
  p.fill();
  run_real([&]() -> task<> {
    event_loop& loop = get_running_loop();
    future<> called;
    loop.add_writer(p.write_end.get(), [&] {
      CHECK(loop.remove_writer(p.write_end.get()));
      called.set_result();
    });
    co_await settle();
    CHECK_FALSE(called.done());
    p.drain();
    co_await called;
    CHECK_FALSE(loop.remove_writer(p.write_end.get()));
  });
}

TEST_CASE("a reader and a writer of one descriptor are two things", "[io][watch]") {
  socket_pair s;
  run_real([&]() -> task<> {
    event_loop& loop = get_running_loop();
    int reads = 0;
    future<> wrote;
    loop.add_reader(s.first.get(), [&] { ++reads; });
    loop.add_writer(s.first.get(), [&] {
      loop.remove_writer(s.first.get());
      wrote.set_result();
    });
    co_await wrote;
    CHECK(reads == 0);
    CHECK(loop.remove_reader(s.first.get()));
  });
}

TEST_CASE("a second reader replaces the first, and its callable is destroyed", "[io][watch]") {
  pipe_pair p;
  run_real([&]() -> task<> {
    event_loop& loop = get_running_loop();
    trace log;
    future<> called;
    auto const owned = std::make_shared<int>();
    loop.add_reader(p.read_end.get(), [&log, owned] { log.push_back("first"); });
    co_await settle();
    CHECK(owned.use_count() == 2);
    loop.add_reader(p.read_end.get(), [&] {
      log.push_back("second");
      loop.remove_reader(p.read_end.get());
      called.set_result();
    });
    CHECK(owned.use_count() == 1);
    p.write("x");
    co_await called;
    CHECK(log == trace{"second"});
  });
}

TEST_CASE("a removed reader is not called, also if it was ready already", "[io][watch]") {
  pipe_pair p;
  p.write("x");
  run_real([&]() -> task<> {
    event_loop& loop = get_running_loop();
    int calls = 0;
    loop.add_reader(p.read_end.get(), [&] { ++calls; });
    CHECK(loop.remove_reader(p.read_end.get()));
    CHECK_FALSE(loop.remove_reader(p.read_end.get()));
    co_await settle();
    CHECK(calls == 0);
  });
}

TEST_CASE("a reader may remove itself and add itself again", "[io][watch]") {
  pipe_pair p;
  p.write("x");
  run_real([&]() -> task<> {
    event_loop& loop = get_running_loop();
    trace log;
    future<> finished;
    loop.add_reader(p.read_end.get(), [&] {
      log.push_back("first");
      loop.remove_reader(p.read_end.get());
      loop.add_reader(p.read_end.get(), [&] {
        log.push_back("second");
        loop.remove_reader(p.read_end.get());
        finished.set_result();
      });
    });
    co_await finished;
    co_await settle();
    CHECK(log == trace{"first", "second"});
  });
}

TEST_CASE("what a reader throws goes to the exception handler, and it stays registered", "[io][watch]") {
  pipe_pair p;
  p.write("x");
  run_real([&]() -> task<> {
    event_loop& loop = get_running_loop();
    trace handled;
    loop.set_exception_handler([&](exception_context const& c) { handled.push_back(c.message + ": " + kind(c.exception)); });
    future<> twice;
    int calls = 0;
    loop.add_reader(p.read_end.get(), [&] {
      if (++calls == 2) {
        loop.remove_reader(p.read_end.get());
        twice.set_result();
      }
      throw boom();
    });
    co_await twice;
    co_await settle();
    CHECK(handled == trace{"exception in callback: boom", "exception in callback: boom"});
  });
}

TEST_CASE("a reader of a closed descriptor is told of once and not called", "[io][watch]") {
  pipe_pair p;
  run_real([&]() -> task<> {
    event_loop& loop = get_running_loop();
    int const closed = p.read_end.get();
    p.read_end.close();
    trace handled;
    int calls = 0;
    loop.set_exception_handler([&](exception_context const& c) { handled.push_back(c.message); });
    loop.add_reader(closed, [&] { ++calls; });
    co_await settle();
    CHECK(calls == 0);
    CHECK(handled == trace{"watching descriptor " + std::to_string(closed) + " failed; its callback is not called any more"});
    loop.remove_reader(closed);
  });
}

TEST_CASE("a reader of a descriptor that failed can be set again", "[io][watch]") {
  pipe_pair p;
  run_real([&]() -> task<> {
    event_loop& loop = get_running_loop();
    int const number = p.read_end.get();
    p.read_end.close();
    loop.set_exception_handler([](exception_context const&) {});
    loop.add_reader(number, [] {});
    co_await settle();

    pipe_pair again;
    REQUIRE(again.read_end.get() == number);
    again.write("x");
    bool called = false;
    loop.add_reader(number, [&] {
      called = true;
      loop.remove_reader(number);
    });
    for (int i = 0; i < 100 && !called; ++i) co_await yield_now();
    CHECK(called);
    loop.remove_reader(number);
  });
}

TEST_CASE("readers that are left at the end are dropped with their callables", "[io][watch]") {
  pipe_pair p;
  auto const owned = std::make_shared<int>();
  std::size_t const before = open_descriptors();
  run_real([&]() -> task<> {
    get_running_loop().add_reader(p.read_end.get(), [owned] {});
    get_running_loop().add_writer(p.write_end.get(), [owned] {});
    co_await settle();
  });
  CHECK(owned.use_count() == 1);
  CHECK(open_descriptors() == before);
}
