// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<int> fail() {
  co_await yield_now();
  throw boom();
}

}  // namespace

TEST_CASE("an exception that nobody looked at is reported once, when the last handle goes", "[sched][unretrieved]") {
  captured_reports const reports;
  run_virtual([&]() -> task<> {
    auto t = create_task(fail(), {.name = "forgotten"});
    auto copy = t;
    co_await settle();
    t = {};
    CHECK(reports.texts().empty());
    copy = {};
    CHECK(reports.count("exception of task 'forgotten' was never retrieved") == 1);
    CHECK(reports.count("boom") == 1);
  });
  CHECK(reports.texts().size() == 1);
}

TEST_CASE("an exception counts as looked at after result, exception, an await or cancel", "[sched][unretrieved]") {
  captured_reports const reports;
  run_virtual([&]() -> task<> {
    auto by_result = create_task(fail());
    auto by_exception = create_task(fail());
    auto by_await = create_task(fail());
    auto by_cancel = create_task(fail());
    co_await settle();
    CHECK(kind_thrown([&] { by_result.result(); }) == "boom");
    CHECK(kind(by_exception.exception()) == "boom");
    try {
      co_await by_await;
    } catch (boom const&) {
    }
    CHECK_FALSE(by_cancel.cancel());
  });
  CHECK(reports.texts().empty());
}

TEST_CASE("the exception handler of the loop is told of an exception that was never retrieved", "[sched][unretrieved]") {
  std::vector<exception_context> told;
  run_virtual([&]() -> task<> {
    get_running_loop().set_exception_handler([&](exception_context const& c) { told.push_back(c); });
    auto t = create_task(fail(), {.name = "forgotten"});
    std::uint64_t const id = t.id();
    t = {};
    co_await settle();
    REQUIRE(told.size() == 1);
    CHECK(told[0].task_id == id);
    CHECK(told[0].task_name == "forgotten");
    CHECK(kind(told[0].exception) == "boom");
  });
}

TEST_CASE("a task that was cancelled leaves nothing to report", "[sched][unretrieved]") {
  captured_reports const reports;
  run_virtual([]() -> task<> {
    auto t = spawn([]() -> task<> { co_await sleep(1000s); });
    co_await yield_now();
    t.cancel();
    t = {};
    co_await settle();
  });
  CHECK(reports.texts().empty());
}

TEST_CASE("the exception of a future that nobody looked at is reported once, with the place where it was made",
          "[sched][unretrieved]") {
  captured_reports const reports;
  run_virtual([&]() -> task<> {
    future<> f;
    future<> copy = f;
    f.set_exception(boom("lost"));
    f = future<>();
    CHECK(reports.texts().empty());
    copy = f;
    CHECK(reports.count("was never retrieved") == 1);
    CHECK(reports.count("unretrieved_exception_test.cpp:") == 1);
    CHECK(reports.count("boom: lost") == 1);
    co_return;
  });
  CHECK(reports.texts().size() == 1);
}

TEST_CASE("the exception of a future counts as looked at after result, exception or an await", "[sched][unretrieved]") {
  captured_reports const reports;
  run_virtual([]() -> task<> {
    future<> by_result;
    future<> by_exception;
    future<> by_await;
    by_result.set_exception(boom());
    by_exception.set_exception(boom());
    by_await.set_exception(boom());
    CHECK(kind_thrown([&] { by_result.result(); }) == "boom");
    CHECK(kind(by_exception.exception()) == "boom");
    try {
      co_await by_await;
    } catch (boom const&) {
    }
  });
  CHECK(reports.texts().empty());
}

TEST_CASE("a failure that is reported after its loop has ended still reaches the report", "[sched][unretrieved]") {
  captured_reports const reports;
  {
    auto const t = run_virtual([]() -> task<task_handle<int>> {
      auto inner = create_task(fail(), {.name = "late"});
      co_await settle();
      co_return inner;
    });
    CHECK(reports.texts().empty());
  }
  CHECK(reports.count("exception of task 'late' was never retrieved") == 1);
}
