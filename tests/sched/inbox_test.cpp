// SPDX-License-Identifier: MIT
#include <halka/sched/inbox.hpp>
#include <halka/sched/mailbox.hpp>

#include "../support/virtual_clock.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <thread>
#include <vector>

using namespace halka;

namespace {

struct item : runnable {
  int sender = 0;
  int number = 0;
};

std::vector<int> numbers(ready_queue& queue) {
  std::vector<int> result;
  while (!queue.empty()) result.push_back(static_cast<item&>(queue.pop()).number);
  return result;
}

template <std::size_t N>
std::array<item, N> items() {
  std::array<item, N> result;
  for (std::size_t i = 0; i < N; ++i) result[i].number = static_cast<int>(i);
  return result;
}

}  // namespace

TEST_CASE("a ready queue is first in, first out", "[sched][ready]") {
  auto all = items<3>();
  ready_queue queue;
  CHECK(queue.empty());
  for (item& i : all) queue.push(i);
  CHECK_FALSE(queue.empty());
  CHECK(numbers(queue) == std::vector{0, 1, 2});
  queue.push(all[1]);
  CHECK(numbers(queue) == std::vector{1});
}

TEST_CASE("what was taken from a ready queue is put back in front", "[sched][ready]") {
  auto all = items<5>();
  ready_queue queue;
  for (std::size_t i : {0u, 1u, 2u}) queue.push(all[i]);
  runnable* const list = queue.take();
  CHECK(queue.empty());
  queue.push(all[3]);
  queue.put_back(list);
  queue.push(all[4]);
  CHECK(numbers(queue) == std::vector{0, 1, 2, 3, 4});

  queue.push(all[0]);
  queue.put_back(queue.take());
  queue.put_back(nullptr);
  queue.push(all[1]);
  CHECK(numbers(queue) == std::vector{0, 1});
}

TEST_CASE("an inbox is taken whole, in the order of the pushes, behind what is ready", "[sched][inbox]") {
  auto all = items<4>();
  inbox box;
  ready_queue queue;
  CHECK(box.empty());
  queue.push(all[0]);
  for (std::size_t i : {1u, 2u, 3u}) CHECK(box.push(all[i]) == inbox::pushed::queued);
  CHECK_FALSE(box.empty());
  box.take(queue);
  CHECK(box.empty());
  CHECK(numbers(queue) == std::vector{0, 1, 2, 3});
}

TEST_CASE("only the push that finds the loop asleep is told to wake it", "[sched][inbox]") {
  auto all = items<4>();
  inbox box;
  ready_queue queue;
  CHECK(box.sleep());
  CHECK(box.push(all[0]) == inbox::pushed::loop_sleeps);
  CHECK(box.push(all[1]) == inbox::pushed::queued);
  CHECK_FALSE(box.sleep());  // something came
  CHECK(box.push(all[2]) == inbox::pushed::queued);
  box.take(queue);
  CHECK(box.sleep());
  box.awake();
  CHECK(box.push(all[3]) == inbox::pushed::queued);
  box.take(queue);
  CHECK(numbers(queue) == std::vector{0, 1, 2, 3});
}

TEST_CASE("a closed inbox hands out what it has and refuses the rest", "[sched][inbox]") {
  auto all = items<3>();
  inbox box;
  ready_queue queue;
  CHECK(box.push(all[0]) == inbox::pushed::queued);
  CHECK(box.push(all[1]) == inbox::pushed::queued);
  box.close(queue);
  CHECK(box.push(all[2]) == inbox::pushed::refused);
  CHECK(numbers(queue) == std::vector{0, 1});
}

TEST_CASE("an inbox loses nothing and keeps each sender's order while several threads push", "[sched][inbox]") {
  constexpr int senders = 4;
  constexpr int per_sender = 20'000;
  std::vector<std::vector<item>> sent(senders, std::vector<item>(per_sender));
  inbox box;
  std::vector<std::jthread> threads;
  for (int s = 0; s < senders; ++s) {
    threads.emplace_back([&, s] {
      auto& mine = sent[static_cast<std::size_t>(s)];
      for (int n = 0; n < per_sender; ++n) {
        item& i = mine[static_cast<std::size_t>(n)];
        i.sender = s;
        i.number = n;
        static_cast<void>(box.push(i));
      }
    });
  }
  std::array<int, senders> next{};
  bool in_order = true;
  for (int taken = 0; taken < senders * per_sender && in_order;) {
    ready_queue queue;
    box.take(queue);
    while (!queue.empty()) {
      auto const& i = static_cast<item&>(queue.pop());
      in_order = in_order && i.number == next[static_cast<std::size_t>(i.sender)]++;
      ++taken;
    }
  }
  CHECK(in_order);
  CHECK(next == std::array{per_sender, per_sender, per_sender, per_sender});
}

TEST_CASE("a mailbox refuses what comes after its loop has ended", "[sched][inbox]") {
  auto all = items<2>();
  std::shared_ptr<mailbox> address;
  {
    event_loop loop(std::make_unique<halka::test::virtual_clock>());
    address = loop.address();
    all[0].run = [](runnable& r) { static_cast<item&>(r).number = 42; };
    CHECK(address->post(all[0]));
    loop.stop();
    loop.run_forever();
    CHECK(all[0].number == 42);
  }
  CHECK_FALSE(address->post(all[1]));
}
