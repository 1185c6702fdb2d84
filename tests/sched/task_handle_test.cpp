// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> wait_long() { co_await sleep(1000s); }
task<int> fail() {
  co_await yield_now();
  throw boom();
}
task<std::string> text_later() {
  co_await yield_now();
  co_return std::string(50, 'x');
}

}  // namespace

TEST_CASE("a handle can be awaited any number of times and yields the same object", "[sched][task_handle]") {
  run_virtual([]() -> task<> {
    auto t = create_task(text_later());
    auto const copy = t;
    std::string& first = co_await t;
    std::string& second = co_await copy;
    CHECK(&first == &second);
    CHECK(&t.result() == &first);
    CHECK(first == std::string(50, 'x'));
    CHECK(copy == t);
    CHECK(any_task(t) == any_task(copy));
  });
}

TEST_CASE("awaiting a handle as an rvalue moves the result out", "[sched][task_handle]") {
  run_virtual([]() -> task<> {
    auto t = spawn([]() -> task<std::unique_ptr<int>> {
      co_await yield_now();
      co_return std::make_unique<int>(7);
    });
    std::unique_ptr<int> const owned = co_await std::move(t);
    CHECK(*owned == 7);
    int const at_once = co_await spawn([]() -> task<int> { co_return 8; });
    CHECK(at_once == 8);
  });
}

TEST_CASE("a handle to a reference yields the very object", "[sched][task_handle]") {
  run_virtual([]() -> task<> {
    int object = 1;
    auto t = spawn([&]() -> task<int&> { co_return object; });
    int& awaited = co_await t;
    CHECK(&awaited == &object);
    CHECK(&t.result() == &object);
  });
}

TEST_CASE("every awaiter of a failed task gets the same exception", "[sched][task_handle]") {
  run_virtual([]() -> task<> {
    auto t = create_task(fail());
    std::vector<std::exception_ptr> caught;
    for (int i = 0; i < 2; ++i) {
      try {
        co_await t;
      } catch (boom const&) {
        caught.push_back(std::current_exception());
      }
    }
    REQUIRE(caught.size() == 2);
    CHECK(caught[0] == caught[1]);
    CHECK(t.exception() == caught[0]);
  });
}

TEST_CASE("dropping every handle does not stop the task", "[sched][task_handle]") {
  bool ended = false;
  run_virtual([&]() -> task<> {
    auto body = [&ended]() -> task<> {
      co_await sleep(1s);
      ended = true;
    };
    spawn(body);
    co_await sleep(2s);
  });
  CHECK(ended);
}

TEST_CASE("a name of any length is kept, and a task can be renamed", "[sched][task_handle]") {
  run_virtual([]() -> task<> {
    auto t = create_task(wait_long());
    CHECK(t.name() == "Task-" + std::to_string(t.id()));
    for (std::size_t length : {0u, 1u, 18u, 19u, 20u, 21u, 500u, 19u, 3u}) {
      std::string const name(length, 'n');
      t.set_name(name);
      CHECK(t.name() == name);
    }
    auto const named = create_task(wait_long(), {.name = "a name that is longer than twenty characters"});
    CHECK(named.name() == "a name that is longer than twenty characters");
    t.cancel();
    named.cancel();
    co_await yield_now();
  });
}

TEST_CASE("ids count from 1 in the order of creation", "[sched][task_handle]") {
  run_virtual([]() -> task<> {
    CHECK(current_task().id() == 1);
    auto const a = create_task(wait_long());
    auto const b = create_task(wait_long());
    CHECK(a.id() == 2);
    CHECK(b.id() == 3);
    CHECK(any_task().id() == 0);
    a.cancel();
    b.cancel();
    co_await yield_now();
  });
}

TEST_CASE("a task goes through the phases of its life", "[sched][task_handle]") {
  trace log;
  run_virtual([&]() -> task<> {
    task_handle<> t;
    future<> f;
    auto note = [&] { log.emplace_back(to_string(t.phase())); };
    auto body = [&]() -> task<> {
      note();
      co_await yield_now();
      co_await f;
    };
    t = spawn(body);
    note();
    co_await yield_now();
    note();
    co_await yield_now();
    note();
    f.set_result();
    note();
    co_await t;
    note();

    t = create_task(wait_long());
    t.cancel();
    note();
    co_await yield_now();
    note();

    auto failing = create_task(fail());
    co_await settle();
    log.emplace_back(to_string(failing.phase()));
    static_cast<void>(failing.exception());
  });
  CHECK(log == trace{"created", "running", "ready", "waiting", "ready", "succeeded", "created", "cancelled", "failed"});
}

TEST_CASE("a description tells name, id, coroutine, place and phase", "[sched][task_handle]") {
  run_virtual([]() -> task<> {
    auto const t = create_task(wait_long(), {.name = "waiter"});
    co_await yield_now();
    std::string const text = t.description();
    CHECK(text.starts_with("'waiter' (id 2) running "));
    CHECK(text.find("wait_long (task_handle_test.cpp:") != std::string::npos);
    CHECK(text.ends_with("), waiting"));
    t.cancel();
    co_await yield_now();
  });
}

TEST_CASE("the done callbacks of a task run in order, through the loop, with the task", "[sched][task_handle]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto t = create_task(text_later(), {.name = "t"});
    t.add_done_callback([&] { log.push_back("first"); });
    t.add_done_callback([&](any_task done) { log.push_back("second of " + done.name()); });
    auto const removed = t.add_done_callback([&] { log.push_back("removed"); });
    CHECK(t.remove_done_callback(removed) == 1);
    CHECK(t.remove_done_callback(removed) == 0);
    co_await t;
    log.push_back("awaited");
    t.add_done_callback([&] { log.push_back("late"); });
    log.push_back("registered");
    co_await yield_now();
  });
  CHECK(log == trace{"first", "second of t", "awaited", "registered", "late"});
}

TEST_CASE("a done callback that throws is told to the exception handler, and the others run", "[sched][task_handle]") {
  trace log;
  run_virtual([&]() -> task<> {
    get_running_loop().set_exception_handler([&](exception_context const& c) { log.push_back(kind(c.exception)); });
    auto t = create_task(text_later());
    t.add_done_callback([] { throw boom(); });
    t.add_done_callback([&] { log.push_back("next"); });
    co_await t;
  });
  CHECK(log == trace{"boom", "next"});
}

TEST_CASE("an empty handle refuses every question but whether it is empty", "[sched][task_handle]") {
  task_handle<int> const empty;
  CHECK_FALSE(empty);
  CHECK(empty.id() == 0);
  CHECK(kind_thrown([&] { static_cast<void>(empty.done()); }) == "logic_error");
  CHECK(kind_thrown([&] { empty.cancel(); }) == "logic_error");
  CHECK(kind_thrown([&] { static_cast<void>(empty.name()); }) == "logic_error");
  CHECK(kind_thrown([&] { empty.result(); }) == "logic_error");
}

TEST_CASE("a handle outlives the loop of its task", "[sched][task_handle]") {
  captured_reports const reports;
  auto const t = run_virtual([]() -> task<task_handle<std::string>> {
    auto inner = create_task(text_later(), {.name = "survivor"});
    co_await inner;
    co_return inner;
  });
  CHECK(t.done());
  CHECK(t.name() == "survivor");
  CHECK(t.result() == std::string(50, 'x'));
}

TEST_CASE("creating a task outside of a loop is refused and destroys the coroutine without a report", "[sched][task_handle]") {
  captured_reports const reports;
  CHECK(kind_thrown([] { create_task(wait_long()); }) == "logic_error");
  CHECK(reports.texts().empty());
}

TEST_CASE("tasks that wait for each other in a circle can be cancelled", "[sched][task][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    task_handle<> a;
    task_handle<> b;
    auto wait_for_it = [&log](task_handle<>& other, char const* name) -> task<> {
      try {
        co_await other;
      } catch (cancelled_error const&) {
        log.push_back(name);
        throw;
      }
    };
    a = spawn(wait_for_it, std::ref(b), "a");
    b = spawn(wait_for_it, std::ref(a), "b");
    co_await settle();
    CHECK(a.cancel());
    co_await settle();
    CHECK(a.cancelled());
    CHECK(b.cancelled());
    CHECK(a.cancelling() == 1);
  });
  CHECK(log == trace{"b", "a"});
}
