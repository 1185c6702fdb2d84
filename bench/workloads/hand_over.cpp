// SPDX-License-Identifier: MIT
// What goes from task to task: items through queues, and a lock.
#include "workloads.hpp"

#include <halka/halka.hpp>

#include <cstddef>

namespace bench {

namespace {

halka::task<> ask(halka::queue<std::size_t>& questions, halka::queue<std::size_t>& answers, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    co_await questions.put(i);
    sink = co_await answers.get();
  }
}

halka::task<> reply(halka::queue<std::size_t>& questions, halka::queue<std::size_t>& answers, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t const question = co_await questions.get();
    co_await answers.put(question);
  }
}

halka::task<> ping_queues_main(order o, meter& m) {
  halka::queue<std::size_t> questions(1), answers(1);
  m.start();
  co_await halka::gather(reply(questions, answers, o.units), ask(questions, answers, o.units));
  m.stop();
}

halka::task<> lock_free_main(order o, meter& m) {
  halka::lock l;
  m.start();
  for (std::size_t i = 0; i < o.units; ++i) {
    co_await l.acquire();
    l.release();
  }
  m.stop();
}

halka::task<> take_turns(halka::lock& l, std::size_t n) {
  co_await l.acquire();
  co_await halka::yield_now();  // the other one queues up
  for (std::size_t i = 0; i < n; ++i) {
    l.release();
    co_await l.acquire();
  }
  l.release();
}

halka::task<> pass_lock_main(order o, meter& m) {
  halka::lock l;
  m.start();
  co_await halka::gather(take_turns(l, o.units / 2), take_turns(l, o.units / 2));
  m.stop();
}

}  // namespace

void ping_queues(order const& o, meter& m) { halka::run(ping_queues_main(o, m)); }
void lock_free(order const& o, meter& m) { halka::run(lock_free_main(o, m)); }
void pass_lock(order const& o, meter& m) { halka::run(pass_lock_main(o, m)); }

}  // namespace bench
