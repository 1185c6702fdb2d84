// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("a future yields a reference to what was set, to every awaiter", "[sched][future]") {
  run_virtual([]() -> task<> {
    future<std::string> f;
    f.set_result("text");
    std::string& first = co_await f;
    std::string& second = co_await f;
    CHECK(first == "text");
    CHECK(&first == &second);
    CHECK(&f.result() == &first);
  });
}

TEST_CASE("awaiting the only copy of a future as an rvalue moves the value out", "[sched][future]") {
  run_virtual([]() -> task<> {
    future<std::unique_ptr<int>> f;
    f.set_result(std::make_unique<int>(7));
    auto const owned = co_await std::move(f);
    CHECK(*owned == 7);

    future<std::string> shared;
    auto const other = shared;
    shared.set_result("kept");
    std::string const copied = co_await std::move(shared);
    CHECK(copied == "kept");
    CHECK(other.result() == "kept");
  });
}

TEST_CASE("a future of a reference yields the very object", "[sched][future]") {
  run_virtual([]() -> task<> {
    int object = 1;
    future<int&> f;
    f.set_result(object);
    int& awaited = co_await f;
    CHECK(&awaited == &object);
  });
}

TEST_CASE("a future<> that is set lets its awaiter go on", "[sched][future]") {
  trace log;
  run_virtual([&]() -> task<> {
    future<> f;
    auto wait_for_it = [&]() -> task<> {
      co_await f;
      log.push_back("woken");
    };
    auto t = spawn(wait_for_it);
    co_await yield_now();
    f.set_result();
    log.push_back("set");  // waiters never run inside set_result
    co_await t;
  });
  CHECK(log == trace{"set", "woken"});
}

TEST_CASE("a future answers in every state", "[sched][future]") {
  trace log;
  run_virtual([&]() -> task<> {
    future<int> pending;
    future<int> ok;
    future<int> bad;
    future<int> gone;
    ok.set_result(1);
    bad.set_exception(boom());
    CHECK(gone.cancel("why"));
    for (auto const& f : {pending, ok, bad, gone}) {
      log.push_back(std::string(f.done() ? "done" : "pending") + (f.cancelled() ? " cancelled" : ""));
      log.push_back(kind_thrown([&] { f.result(); }));
      log.push_back(kind_thrown([&] { static_cast<void>(f.exception()); }));
    }
    CHECK(ok.result() == 1);
    CHECK(ok.exception() == nullptr);
    CHECK(kind(bad.exception()) == "boom");
    co_return;
  });
  CHECK(log == trace{"pending", "invalid_state_error", "invalid_state_error",  //
                     "done", "none", "none",                                   //
                     "done", "boom", "none",                                   //
                     "done cancelled", "cancelled_error", "cancelled_error"});
}

TEST_CASE("a future that is done refuses a second outcome", "[sched][future]") {
  run_virtual([]() -> task<> {
    future<int> ok;
    future<int> bad;
    future<int> gone;
    ok.set_result(1);
    bad.set_exception(boom());
    gone.cancel();
    for (auto const& f : {ok, bad, gone}) {
      CHECK(kind_thrown([&] { f.set_result(2); }) == "invalid_state_error");
      CHECK(kind_thrown([&] { f.set_exception(boom2()); }) == "invalid_state_error");
      CHECK_FALSE(f.cancel());
    }
    CHECK(ok.result() == 1);
    CHECK(kind(bad.exception()) == "boom");
    co_return;
  });
}

TEST_CASE("a future refuses a null exception", "[sched][future]") {
  run_virtual([]() -> task<> {
    future<> f;
    CHECK(kind_thrown([&] { f.set_exception(std::exception_ptr()); }) == "invalid_argument");
    CHECK_FALSE(f.done());
    co_return;
  });
}

TEST_CASE("cancelling a future cancels all who await it, with the reason", "[sched][future][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    future<> f;
    auto wait_for_it = [&]() -> task<> {
      try {
        co_await f;
      } catch (cancelled_error const& e) {
        log.emplace_back(e.reason());
        throw;
      }
    };
    auto a = spawn(wait_for_it);
    auto b = spawn(wait_for_it);
    co_await yield_now();
    f.cancel("enough");
    co_await settle();
    CHECK(a.cancelled());
    CHECK(b.cancelled());
  });
  CHECK(log == trace{"enough", "enough"});
}

TEST_CASE("cancelling one awaiter of a future cancels the future and with it the others", "[sched][future][cancel]") {
  run_virtual([]() -> task<> {
    future<> f;
    auto wait_for_it = [&]() -> task<> { co_await f; };
    auto a = spawn(wait_for_it);
    auto b = spawn(wait_for_it);
    co_await yield_now();
    a.cancel();
    co_await settle();
    CHECK(f.cancelled());
    CHECK(a.cancelled());
    CHECK(b.cancelled());
    CHECK(b.cancelling() == 0);
  });
}

TEST_CASE("a done callback of a future is given the future", "[sched][future]") {
  trace log;
  run_virtual([&]() -> task<> {
    future<int> f;
    f.add_done_callback([&](future<int> done) { log.push_back(std::to_string(done.result())); });
    f.set_result(3);
    co_await yield_now();
  });
  CHECK(log == trace{"3"});
}

TEST_CASE("the callbacks of a future that is never set are destroyed with it", "[sched][future]") {
  counted::alive = 0;
  run_virtual([]() -> task<> {
    {
      future<> f;
      f.add_done_callback([held = counted(1)] { static_cast<void>(held); });
      CHECK(counted::alive == 1);
    }
    CHECK(counted::alive == 0);
    co_return;
  });
  CHECK(counted::alive == 0);
}

TEST_CASE("the value of a future is destroyed with its last copy", "[sched][future]") {
  counted::alive = 0;
  run_virtual([]() -> task<> {
    {
      future<counted> f;
      f.set_result(counted(1));
      auto const copy = f;
      CHECK(copy == f);
      CHECK(counted::alive == 1);
    }
    CHECK(counted::alive == 0);
    co_return;
  });
}

TEST_CASE("a future outside of a loop and one that was moved from are refused", "[sched][future]") {
  CHECK(kind_thrown([] { future<> const f; }) == "logic_error");
  run_virtual([]() -> task<> {
    future<> f;
    auto const taken = std::move(f);
    CHECK_FALSE(taken.done());
    CHECK(kind_thrown([&] { f.set_result(); }) == "logic_error");
    CHECK(kind_thrown([&] { static_cast<void>(f.done()); }) == "logic_error");
    co_return;
  });
}

TEST_CASE("a future of another loop cannot be awaited", "[sched][future]") {
  event_loop other(std::make_unique<virtual_clock>());
  future<> const f(other);
  CHECK(kind_thrown([&] { run_virtual([&]() -> task<> { co_await f; }); }) == "logic_error");
}
