// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>
#include <utility>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// Closes itself slowly and notes it.
class door {
 public:
  explicit door(trace& log, bool fails = false) : log_(&log), fails_(fails) {}
  door(door&&) = default;
  task<> close() {
    co_await sleep(5ms);
    log_->push_back("closed");
    if (fails_) throw boom2("stuck");
  }
  int number = 1;

 private:
  trace* log_;
  bool fails_;
  counted held_;
};

struct plain_door {
  trace* log;
  void close() { log->push_back("closed"); }
};

}  // namespace

TEST_CASE("with closes its resource after the body and yields what the body returns", "[runtime][with]") {
  trace log;
  int const before = counted::alive;
  run_virtual([&]() -> task<> {
    auto r = co_await with(door(log), [&](door& d) -> task<std::unique_ptr<int>> {
      co_await sleep(1ms);
      log.push_back("body");
      co_return std::make_unique<int>(d.number);
    });
    CHECK(*r == 1);
    int const plain = co_await with(door(log), [](door& d) { return d.number; });
    CHECK(plain == 1);
  });
  CHECK(log == trace{"body", "closed", "closed"});
  CHECK(counted::alive == before);
}

TEST_CASE("with uses a named resource in place, and a close that cannot be awaited", "[runtime][with]") {
  trace log;
  run_virtual([&]() -> task<> {
    door named(log);
    co_await with(named, [&](door& d) { CHECK(&d == &named); });
    plain_door plain{&log};
    co_await with(plain, [](plain_door&) {});
  });
  CHECK(log == trace{"closed", "closed"});
}

TEST_CASE("with closes its resource when the body fails, and throws the body's error", "[runtime][with]") {
  trace log;
  run_virtual([&]() -> task<> {
    try {
      co_await with(door(log), [](door&) -> task<> {
        co_await yield_now();
        throw boom();
      });
    } catch (boom const&) {
      log.push_back("boom");
    }
    try {
      co_await with(door(log), [](door&) { throw boom(); });
    } catch (boom const&) {
      log.push_back("boom");
    }
  });
  CHECK(log == trace{"closed", "boom", "closed", "boom"});
}

TEST_CASE("with throws what closing throws", "[runtime][with]") {
  trace log;
  run_virtual([&]() -> task<> {
    try {
      co_await with(door(log, true), [](door&) {});
    } catch (boom2 const& e) {
      log.push_back(e.what());
    }
  });
  CHECK(log == trace{"closed", "stuck"});
}

TEST_CASE("if body and closing both fail, the body's error is thrown and the other goes to the handler", "[runtime][with]") {
  trace log;
  run_virtual([&]() -> task<> {
    get_running_loop().set_exception_handler([&](exception_context const& c) {
      log.push_back(c.message);
      log.push_back(kind(c.exception));
    });
    try {
      co_await with(door(log, true), [](door&) { throw boom(); });
    } catch (boom const&) {
      log.push_back("boom");
    }
  });
  CHECK(log == trace{"closed", "exception while closing a resource after another exception", "boom2", "boom"});
}

TEST_CASE("with closes its resource when the body is cancelled", "[runtime][with][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto t = spawn([&]() -> task<> { co_await with(door(log), [&](door&) { return note_cancel(log, "body"); }); });
    co_await sleep(1ms);
    t.cancel("why");
    std::string reason;
    try {
      co_await t;
    } catch (cancelled_error const& e) {
      reason = e.reason();
    }
    CHECK(reason == "why");
  });
  CHECK(log == trace{"body", "closed"});
}

TEST_CASE("a cancellation during closing is delivered at the next suspension after it", "[runtime][with][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto t = spawn([&]() -> task<> {
      co_await with(door(log), [](door&) {});
      log.push_back("after");
      co_await yield_now();
      log.push_back("no");
    });
    co_await sleep(1ms);
    t.cancel("first");
    co_await sleep(1ms);
    t.cancel("second");
    std::string reason;
    try {
      co_await t;
    } catch (cancelled_error const& e) {
      reason = e.reason();
    }
    CHECK(reason == "second");
    CHECK(clock::now() - clock::time_point(1000s) == 5ms);
  });
  CHECK(log == trace{"closed", "after"});
}

TEST_CASE("a scope that is cancelled during closing absorbs its cancellation", "[runtime][with][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    cancel_scope scope;
    get_running_loop().call_later(1ms, [&] { scope.cancel(); });
    co_await scope.run([&]() -> task<> {
      co_await with(door(log), [](door&) {});
      log.push_back("after");
    });
    co_await yield_now();
    log.push_back("outside");
  });
  CHECK(log == trace{"closed", "after", "outside"});
}

TEST_CASE("nested resources are closed from the inside out", "[runtime][with]") {
  struct numbered {
    trace* log;
    std::string name;
    numbered(trace& l, std::string n) : log(&l), name(std::move(n)) {}
    task<> close() {
      co_await yield_now();
      log->push_back(name);
    }
  };
  trace log;
  run_virtual([&]() -> task<> {
    co_await with(numbered(log, "outer"), [&](numbered&) -> task<> { co_await with(numbered(log, "inner"), [](numbered&) {}); });
  });
  CHECK(log == trace{"inner", "outer"});
}
