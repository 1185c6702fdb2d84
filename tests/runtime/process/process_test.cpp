// SPDX-License-Identifier: MIT
#include "../../support/captured_output.hpp"
#include "../../support/children.hpp"
#include "../../support/told.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

int counter = 0;

void nothing() {}
void wait_for_ever() {
  while (true) pause();
}

void tell_sum(unique_fd pen, std::vector<int> const& numbers, std::string const& text) {
  int sum = 0;
  for (int const n : numbers) sum += n;
  tell(pen, text + ' ' + std::to_string(sum));
}

task<> tell_later(unique_fd pen) {
  co_await sleep(1ms);
  tell(pen, "from a loop");
}

struct unwritable {
  int value = 0;
  template <class Archive>
  void save(Archive&) const {
    throw std::runtime_error("not today");
  }
  template <class Archive>
  void load(Archive&) {}
};

std::string what_of(auto&& fn) {
  try {
    fn();
  } catch (std::exception const& e) {
    return e.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("a process runs a function with arguments, elsewhere", "[process]") {
  counter = 0;
  told from;
  process p(
      [](unique_fd pen, int by) {
        counter += by;
        tell(pen, std::to_string(getpid()) + ' ' + std::to_string(counter));
      },
      from.pen(), 7);
  CHECK(p.pid() == -1);
  CHECK_FALSE(p.is_alive());
  CHECK_FALSE(p.exit_code());
  p.start();
  CHECK(p.pid() > 0);
  CHECK(p.join_blocking() == 0);
  CHECK(from.text() == std::to_string(p.pid()) + " 7");
  CHECK(counter == 0);
  CHECK_FALSE(p.is_alive());
  CHECK(p.exit_code() == 0);
  CHECK(p.join_blocking() == 0);
  CHECK(no_children());
}

TEST_CASE("functions, lambdas and coroutine functions can be a process", "[process]") {
  told one;
  told two;
  process plain(tell_sum, one.pen(), std::vector{1, 2, 3}, "sum");
  process loop(tell_later, two.pen());
  plain.start();
  loop.start();
  CHECK(plain.join_blocking() == 0);
  CHECK(loop.join_blocking() == 0);
  CHECK(one.text() == "sum 6");
  CHECK(two.text() == "from a loop");
}

TEST_CASE("arguments that can only be moved reach a process", "[process]") {
  told from;
  process p(
      [](unique_fd pen, std::unique_ptr<int> n, std::map<std::string, std::vector<double>> const& m) {
        tell(pen, std::to_string(*n) + ' ' + std::to_string(m.at("a").size()));
      },
      from.pen(), std::make_unique<int>(3), std::map<std::string, std::vector<double>>{{"a", {1, 2}}});
  p.start();
  CHECK(p.join_blocking() == 0);
  CHECK(from.text() == "3 2");
}

TEST_CASE("an argument of megabytes reaches a process", "[process]") {
  told from;
  std::string const large(std::size_t{8} << 20, 'x');
  process p([](unique_fd pen, std::string const& text) { tell(pen, std::to_string(text.size()) + text.back()); }, from.pen(),
            large);
  p.start();
  CHECK(p.join_blocking() == 0);
  CHECK(from.text() == std::to_string(large.size()) + 'x');
}

TEST_CASE("an exception that leaves a process is reported with its traceback, and the exit code is 1", "[process]") {
  std::string report;
  int pid = 0;
  {
    captured_output const errors(2);
    process p({.name = "reader"}, [] { throw std::out_of_range("line 7"); });
    p.start();
    pid = p.pid();
    CHECK(p.join_blocking() == 1);
    report = errors.text();
  }
  CHECK_THAT(report, ContainsSubstring("halka: unhandled exception in process 'reader' (" + std::to_string(pid) +
                                       "): std::out_of_range: line 7\n"));
  if (!detail::sanitized) CHECK_THAT(report, ContainsSubstring("\n  at ") && ContainsSubstring("process_test.cpp:"));
}

TEST_CASE("an exception of a coroutine in a process is reported too", "[process]") {
  std::string report;
  {
    captured_output const errors(2);
    process p([]() -> task<> {
      co_await sleep(0ms);
      throw std::runtime_error("in a loop");
    });
    p.start();
    CHECK(p.join_blocking() == 1);
    report = errors.text();
  }
  CHECK_THAT(report, ContainsSubstring("std::runtime_error: in a loop"));
}

TEST_CASE("starting, ending and dropping processes leaves no descriptor and no child", "[process]") {
  start_zygote();
  std::size_t const before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    told from;
    process p([](unique_fd) {}, from.pen());
    p.start();
    CHECK(p.join_blocking() == 0);
    process unused(nothing);
    process dropped(process_settings{.daemon = true}, wait_for_ever);
    dropped.start();
  }
  CHECK(open_descriptors() == before);
  CHECK(no_children());
}

TEST_CASE("join is for any number of tasks, and leaves a process running when it is cancelled", "[process][cancel]") {
  start_zygote();
  run_clean([]() -> task<> {
    told from;
    process p([](unique_fd) { wait_for_ever(); }, from.pen());
    p.start();
    auto const impatient = create_task(p.join());
    auto const one = create_task(p.join());
    auto const two = create_task(p.join());
    co_await settle();
    impatient.cancel();
    co_await settle();
    CHECK(impatient.cancelled());
    CHECK(p.is_alive());
    CHECK(p.kill());
    int const first = co_await one;
    int const second = co_await two;
    int const third = co_await p.join();
    CHECK(first == -SIGKILL);
    CHECK(second == -SIGKILL);
    CHECK(third == -SIGKILL);
    CHECK_FALSE(p.kill());
    CHECK_FALSE(p.terminate());
  });
}

TEST_CASE("a join that has begun does not need the object any more", "[process]") {
  start_zygote();
  run_clean([]() -> task<> {
    auto p = std::make_unique<process>(process_settings{.daemon = true}, wait_for_ever);
    p->start();
    task<int> waiting = p->join();
    p.reset();
    int const code = co_await std::move(waiting);
    CHECK(code == -SIGKILL);
  });
}

TEST_CASE("a process is misused: the text says what to do", "[process]") {
  process p({.name = "once"}, wait_for_ever);
  CHECK(what_of([&] { p.join_blocking(); }) == "process 'once' was not started");
  CHECK(what_of([&] { p.terminate(); }) == "process 'once' was not started");
  CHECK(what_of([&] { static_cast<void>(p.sentinel()); }) == "process 'once' was not started");
  CHECK(what_of([&] { static_cast<void>(halka::run(p.join())); }) == "process 'once' was not started");
  p.start();
  CHECK(what_of([&] { p.start(); }) == "process 'once' was started before: make another one");
  CHECK_THAT(what_of([&] { p.send_signal(4711); }), ContainsSubstring("Invalid argument"));
  p.kill();
  p.join_blocking();
  CHECK(what_of([&] { p.start(); }) == "process 'once' was started before: make another one");
  process const other = std::move(p);
  CHECK(what_of([&] { p.start(); }) == "this process was moved away or closed");
  CHECK(p.pid() == -1);
  CHECK(other.exit_code() == -SIGKILL);
}

TEST_CASE("arguments that cannot be written are told by start, which may be called again", "[process]") {
  process p([](unwritable const&) {}, unwritable{});
  CHECK(what_of([&] { p.start(); }) == "not today");
  CHECK(what_of([&] { p.start(); }) == "not today");
  CHECK(p.pid() == -1);
}

TEST_CASE("an object that goes while its process runs kills it and says so, unless it is a daemon", "[process]") {
  captured_reports const reports;
  int pid = 0;
  {
    process p({.name = "left"}, wait_for_ever);
    p.start();
    pid = p.pid();
    process quiet({.daemon = true}, wait_for_ever);
    quiet.start();
  }
  REQUIRE(reports.texts().size() == 1);
  CHECK(reports.texts()[0] == "process 'left' (" + std::to_string(pid) +
                                  ") was still running when its object was destroyed, and was killed: join it before, or make it a "
                                  "daemon");
  halka::run(until_ended(pid));
}
