// SPDX-License-Identifier: MIT
// The limits of the workloads inside one thread: the same work with bare coroutines.
#include "../common/harness.hpp"
#include "bare.hpp"
#include "bare_timers.hpp"
#include "limits.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace {

using bench::meter;
using bench::order;

[[gnu::noinline]] bare::call child(std::size_t i) { co_return i; }

bare::task await_children(order o, meter& m) {
  std::size_t sum = 0;
  m.start();
  for (std::size_t i = 0; i < o.units; ++i) sum += co_await child(i);
  m.stop();
  bench::sink = sum;
}

bare::task leaf(std::size_t i) {
  bench::sink = i;
  co_return;
}

bare::task spawn_and_join(std::size_t n) {
  bare::group children;
  for (std::size_t i = 0; i < n; ++i) leaf(i).start(children);
  co_await children;
}

bare::task yields(std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) co_await bare::yield{};
}

void run_yields(order const& o, meter& m) {
  bare::group all;
  for (std::size_t i = 0; i < o.alive; ++i) yields(o.units / o.alive).start(all);
  m.start();
  bare::ready.run();
  m.stop();
}

/// A flag that one task waits for; waiting takes it.
struct flag {
  bool set_ = false;
  std::coroutine_handle<> waiting;

  void set() {
    set_ = true;
    if (waiting) bare::ready.push(std::exchange(waiting, nullptr));
  }
  bool await_ready() const noexcept { return set_; }
  void await_suspend(std::coroutine_handle<> h) noexcept { waiting = h; }
  void await_resume() noexcept { set_ = false; }
};

bare::task serve(flag& here, flag& there, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    there.set();
    co_await here;
  }
}
bare::task answer(flag& here, flag& there, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    co_await here;
    there.set();
  }
}

void run_ping_pong(order const& o, meter& m) {
  bare::group all;
  flag left, right;
  answer(right, left, o.units).start(all);
  serve(left, right, o.units).start(all);
  m.start();
  bare::ready.run();
  m.stop();
}

/// A queue of one number: both ends wait, for one task each.
class slot {
 public:
  struct put {
    slot& into;
    std::size_t value;
    bool await_ready() const noexcept { return !into.full_; }
    void await_suspend(std::coroutine_handle<> h) noexcept { into.putter_ = h; }
    void await_resume() {
      into.value_ = value;
      into.full_ = true;
      if (into.getter_) bare::ready.push(std::exchange(into.getter_, nullptr));
    }
  };
  struct get {
    slot& from;
    bool await_ready() const noexcept { return from.full_; }
    void await_suspend(std::coroutine_handle<> h) noexcept { from.getter_ = h; }
    std::size_t await_resume() {
      from.full_ = false;
      if (from.putter_) bare::ready.push(std::exchange(from.putter_, nullptr));
      return from.value_;
    }
  };

 private:
  std::size_t value_ = 0;
  bool full_ = false;
  std::coroutine_handle<> putter_;
  std::coroutine_handle<> getter_;
};

bare::task ask(slot& questions, slot& answers, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    co_await slot::put{questions, i};
    bench::sink = co_await slot::get{answers};
  }
}
bare::task reply(slot& questions, slot& answers, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t const question = co_await slot::get{questions};
    co_await slot::put{answers, question};
  }
}

void run_queue(order const& o, meter& m) {
  bare::group all;
  slot questions, answers;
  reply(questions, answers, o.units).start(all);
  ask(questions, answers, o.units).start(all);
  m.start();
  bare::ready.run();
  m.stop();
}

/// A lock that is handed to the first who waits.
struct mutex {
  struct acquire {
    mutex& of;
    acquire* next = nullptr;
    std::coroutine_handle<> waiting = nullptr;

    bool await_ready() const noexcept {
      if (of.held) return false;
      return of.held = true;
    }
    void await_suspend(std::coroutine_handle<> h) noexcept {
      waiting = h;
      *of.last = this;
      of.last = &next;
    }
    void await_resume() const noexcept {}
  };
  void release() {
    if (!first) {
      held = false;
      return;
    }
    acquire* const a = first;
    first = a->next;
    if (!first) last = &first;
    bare::ready.push(a->waiting);
  }

  bool held = false;
  acquire* first = nullptr;
  acquire** last = &first;
};

bare::task take_free_lock(order o, meter& m) {
  mutex l;
  m.start();
  for (std::size_t i = 0; i < o.units; ++i) {
    co_await mutex::acquire{l};
    l.release();
  }
  m.stop();
}

bare::task take_turns(mutex& l, std::size_t n) {
  co_await mutex::acquire{l};
  co_await bare::yield{};
  for (std::size_t i = 0; i < n; ++i) {
    l.release();
    co_await mutex::acquire{l};
  }
  l.release();
}

void pass_lock(order const& o, meter& m) {
  bare::group all;
  mutex l;
  take_turns(l, o.units / 2).start(all);
  take_turns(l, o.units / 2).start(all);
  m.start();
  bare::ready.run();
  m.stop();
}

bare::task sleeper(std::uint64_t delay, bool sampled) {
  std::uint64_t const due = sampled ? bench::now_ns() + delay : 0;
  co_await bare::sleep{delay};
  if (sampled) bench::late.add(bench::now_ns() - due);
}

void sleep_and_join(std::size_t n) {
  bare::group all;
  bench::random_delays delays(n);
  for (std::size_t i = 0; i < n; ++i) sleeper(delays.next_ns(), i % bench::lateness_sample == 0).start(all);
  bare::run_with_timers();
}

/// A deadline in one second, set and taken back around a child that returns at once.
bare::task wait_for_ready(order o, meter& m) {
  std::size_t sum = 0;
  m.start();
  for (std::size_t i = 0; i < o.units; ++i) {
    bare::timers.push({bench::now_ns() + 1'000'000'000u, nullptr});
    sum += co_await child(i);
    bare::timers.pop();
  }
  m.stop();
  bench::sink = sum;
}

constexpr bench::workload workloads[] = {
    {"await", [](order const& o, meter& m) { bare::run(await_children(o, m)); }},
    {"spawn", [](order const& o, meter& m) { bench::repeat(o, m, [](std::size_t n) { bare::run(spawn_and_join(n)); }); }},
    {"yield", run_yields},
    {"ping", run_ping_pong},
    {"queue", run_queue},
    {"lock", [](order const& o, meter& m) { bare::run(take_free_lock(o, m)); }},
    {"lock_pass", pass_lock},
    {"sleep", [](order const& o, meter& m) { bench::repeat(o, m, sleep_and_join); }},
    {"wait_for", [](order const& o, meter& m) { bare::run(wait_for_ready(o, m)); }},
    {"read", bench::read_with_uring},
    {"read_direct", bench::read_with_uring_direct},
    {"pread", bench::read_with_pread},
    {"process", bench::start_processes},
    {"to_thread", bench::thread_calls_on_one_core},
    {"to_thread_cores", bench::thread_calls},
    {"message", bench::message_threads_on_one_core},
    {"pool", bench::call_worker_process},
    {"message_cores", bench::message_threads},
};

}  // namespace

int main(int argc, char** argv) { return bench::run_contender(argc, argv, workloads); }
