// SPDX-License-Identifier: MIT
#pragma once

#include "fixture.hpp"

#include <chrono>
#include <exception>
#include <string>
#include <utility>

namespace halka::test {

// The small coroutines that the cases are made of.

/// Sleeps and yields a value.
template <class T>
task<T> value_after(clock::duration d, T value) {
  co_await sleep(d);
  co_return value;
}

/// Sleeps and throws an E.
template <class E>
task<> fail_after(clock::duration d) {
  co_await sleep(d);
  throw E();
}

/// Sleeps.
inline task<> nap(clock::duration d) { co_await sleep(d); }

/// Waits for ever.
inline task<> wait_for_ever() { co_await sleep_until(never); }

/// Waits for ever and notes the cancellation that ends it.
inline task<> note_cancel(trace& log, std::string name) {
  try {
    co_await sleep_until(never);
  } catch (cancelled_error const&) {
    log.push_back(std::move(name));
    throw;
  }
}

/// Holds an object over a few suspensions.
inline task<int> work(int value, clock::duration d = std::chrono::milliseconds(2)) {
  counted const held(value);
  co_await yield_now();
  co_await sleep(d);
  co_return held.value;
}

/// Works, and awaits in its clean-up.
inline task<int> work_and_clean_up(int value, clock::duration d = std::chrono::milliseconds(2)) {
  counted const held(value);
  std::exception_ptr cancelled;
  try {
    co_await sleep(d);
  } catch (cancelled_error const&) {
    cancelled = std::current_exception();
  }
  if (cancelled) {
    co_await yield_now();
    co_await sleep(std::chrono::milliseconds(1));
    std::rethrow_exception(cancelled);
  }
  co_return held.value;
}

/// The kinds of the members of a group: "boom boom2", "group(boom2)".
inline std::string kinds(exception_group const& group) {
  std::string text;
  for (std::exception_ptr const& e : group.exceptions()) {
    if (!text.empty()) text += ' ';
    try {
      std::rethrow_exception(e);
    } catch (exception_group const& inner) {
      text += "group(" + kinds(inner) + ')';
    } catch (...) {
      text += kind(e);
    }
  }
  return text;
}

/// Runs a task that ends with a group and tells the members.
inline task<std::string> kinds_of(task<> block) {
  try {
    co_await std::move(block);
  } catch (exception_group const& e) {
    co_return "group(" + kinds(e) + ')';
  } catch (...) {
    co_return kind(std::current_exception());
  }
  co_return "none";
}

}  // namespace halka::test
