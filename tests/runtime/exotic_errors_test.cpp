// SPDX-License-Identifier: MIT
// Exceptions that are no std::exception, and very many tasks.
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

struct own_error {
  int code;
};

[[noreturn]] void throw_one(int which) {
  switch (which) {
    case 0:
      throw 42;
    case 1:
      throw "a literal";
    case 2:
      throw std::string("a string");
    default:
      throw own_error{7};
  }
}

/// What `throw_one` threw, as text.
std::string told(std::exception_ptr const& e) {
  try {
    std::rethrow_exception(e);
  } catch (int n) {
    return "int " + std::to_string(n);
  } catch (char const* s) {
    return "text " + std::string(s);
  } catch (std::string const& s) {
    return "string " + s;
  } catch (own_error const& o) {
    return "own " + std::to_string(o.code);
  } catch (exception_group const& g) {
    std::string all = "group";
    for (auto const& member : g.exceptions()) all += ", " + told(member);
    return all;
  } catch (...) {
    return kind(std::current_exception());
  }
}

trace const thrown{"int 42", "text a literal", "string a string", "own 7"};

task<> fail(int which) {
  co_await yield_now();
  throw_one(which);
}

template <class Make>
std::string told_by(Make make) {
  std::string result = "nothing";
  run_virtual([&]() -> task<> {
    try {
      co_await make();
    } catch (...) {
      result = told(std::current_exception());
    }
  });
  return result;
}

}  // namespace

TEST_CASE("exceptions that are no std::exception come through tasks, gather and threads unchanged", "[bad-input][errors]") {
  for (int i = 0; i < 4; ++i) {
    auto const& expected = thrown[static_cast<std::size_t>(i)];
    CHECK(told_by([i] { return fail(i); }) == expected);
    CHECK(told_by([i] { return spawn(fail, i); }) == expected);
    CHECK(told_by([i] { return gather(fail(i), halka::spawn(settle)); }) == expected);
    CHECK(told_by([i] { return wait_for(fail(i), 1h); }) == expected);
    CHECK(told_by([i] { return to_thread(throw_one, i); }) == expected);
    CHECK(told_by([i] { return shield(fail(i)); }) == expected);
    CHECK(told_by([i] { return race(fail(i), settle()); }) == expected);
  }
}

TEST_CASE("a task group collects exceptions that are no std::exception", "[bad-input][errors]") {
  CHECK(told_by([] {
          return with_task_group([](task_group& group) {
            for (int i = 0; i < 4; ++i) group.spawn(fail, i);
          });
        }) == "group, int 42, text a literal, string a string, own 7");
}

TEST_CASE("run throws an exception that is no std::exception", "[bad-input][errors]") {
  trace seen;
  for (int i = 0; i < 4; ++i) {
    try {
      run_virtual(fail, i);
    } catch (...) {
      seen.push_back(told(std::current_exception()));
    }
  }
  CHECK(seen == thrown);
}

TEST_CASE("an exception that is no std::exception is described in a report", "[bad-input][errors]") {
  captured_reports const reports;
  run_virtual([]() -> task<> {
    spawn(fail, 0);
    spawn(fail, 3);
    co_await settle();
  });
  CHECK(reports.count("int: 42") == 1);
  CHECK(reports.count("own_error (not a std::exception)") == 1);
}

namespace {

task<long> nested(long depth) {
  if (depth == 0) co_return 0;
  co_return 1 + co_await nested(depth - 1);
}

task<long> nested_and_suspended(long depth) {
  if (depth == 0) {
    co_await yield_now();
    co_return 0;
  }
  co_return 1 + co_await nested_and_suspended(depth - 1);
}

task<> nested_sleep(long depth) {
  if (depth == 0)
    co_await halka::sleep(1h);
  else
    co_await nested_sleep(depth - 1);
}

task<> nested_failure(long depth) {
  if (depth == 0) throw boom();
  co_await nested_failure(depth - 1);
}

}  // namespace

TEST_CASE("a million nested awaits do not overflow the stack", "[stress]") {
  constexpr long depth = 1'000'000;
  CHECK(run_virtual(nested, depth) == depth);
  CHECK(run_virtual(nested_and_suspended, depth) == depth);
}

TEST_CASE("a million awaits in a row do not overflow the stack", "[stress]") {
  long sum = 0;
  run_virtual([&]() -> task<> {
    for (long i = 0; i < 1'000'000; ++i) sum += co_await nested(1);
  });
  CHECK(sum == 1'000'000);
}

TEST_CASE("an exception and a cancellation leave a hundred thousand nested awaits", "[stress]") {
  constexpr long depth = 100'000;
  CHECK(kind_thrown([&] { run_virtual(nested_failure, depth); }) == "boom");
  run_virtual([&]() -> task<> {
    auto sleeper = spawn(nested_sleep, depth);
    co_await settle();
    sleeper.cancel();
    co_await wait(std::vector<task_handle<>>(1, sleeper));
    CHECK(sleeper.cancelled());
  });
}

TEST_CASE("a hundred thousand children of which one fails are all cancelled and awaited", "[stress]") {
  constexpr int count = 100'000;
  int cleaned_up = 0;
  auto const child = [](int i, int& cleaned) -> task<> {
    struct cleaner {
      int& counter;
      ~cleaner() { ++counter; }
    } const at_the_end{cleaned};
    if (i == count / 2) {
      co_await halka::sleep(1s);
      throw boom();
    }
    co_await halka::sleep(1h);
  };
  std::string by_gather;
  std::string by_group;
  run_virtual([&]() -> task<> {
    auto const begin = clock::now();
    std::vector<task<>> children;
    for (int i = 0; i < count; ++i) children.push_back(child(i, cleaned_up));
    try {
      co_await gather(std::move(children));
    } catch (...) {
      by_gather = kind(std::current_exception());
    }
    CHECK(cleaned_up == count);
    CHECK(all_tasks().size() == 1);
    try {
      co_await with_task_group([&](task_group& group) {
        for (int i = 0; i < count; ++i) group.create_task(child(i, cleaned_up));
      });
    } catch (exception_group const& errors) {
      by_group = errors.what();
    }
    CHECK(cleaned_up == 2 * count);
    CHECK(clock::now() - begin == 2s);
  });
  CHECK(by_gather == "boom");
  CHECK(by_group == "unhandled errors in a task group (1 sub-exception)");
}
