// SPDX-License-Identifier: MIT
// Channels between many threads: messages ITEMS [ROUNDS]
//
// Each round sends so many items through one channel, from four producers to four consumers, some of them loops and some plain
// threads; cancels sends and receives at random with tiny deadlines; lets a loop end while others send to it; and closes the
// channel while all wait. Each item must arrive exactly once, and those of one producer at one consumer in order.

#include "../support/fixture.hpp"

#include <halka/halka.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

/// Cannot be copied, and says from whom it is.
struct message {
  message(std::size_t p, std::size_t n) : producer(p), number(std::make_unique<std::size_t>(n)) {}
  std::size_t producer;
  std::unique_ptr<std::size_t> number;
};
using messages = halka::channel<message>;

constexpr std::size_t producers = 4;

[[noreturn]] void fail(std::string const& what) {
  std::fprintf(stderr, "messages: %s\n", what.c_str());
  std::_Exit(1);
}

/// What all consumers of a round received.
class ledger {
 public:
  explicit ledger(std::size_t items) : seen_(producers) {
    for (auto& of_one : seen_) of_one = std::vector<std::atomic<int>>(items);
  }
  void note(message const& m) {
    if (seen_[m.producer][*m.number].fetch_add(1) != 0) fail("an item came twice");
    ++count_;
  }
  void check(std::size_t sent) const {
    if (count_ != sent) fail(std::to_string(sent) + " items were sent, and " + std::to_string(count_) + " came");
  }

 private:
  std::vector<std::vector<std::atomic<int>>> seen_;
  std::atomic<std::size_t> count_ = 0;
};

/// The items that one consumer got: of each producer, in order.
class consumer_view {
 public:
  explicit consumer_view(ledger& all) : all_(all), next_(producers) {}
  void note(message const& m) {
    if (*m.number < next_[m.producer]) fail("a producer's items came out of order");
    next_[m.producer] = *m.number + 1;
    all_.note(m);
  }

 private:
  ledger& all_;
  std::vector<std::size_t> next_;
};

halka::task<> send_all(messages ch, std::size_t producer, std::size_t items) {
  for (std::size_t i = 0; i < items; ++i) co_await ch.send(message(producer, i));
}

halka::task<> receive_all(messages ch, ledger& all) {
  consumer_view mine(all);
  while (auto m = co_await ch.receive()) mine.note(*m);
}

/// Gives up again and again. A send whose deadline came did not happen, and is repeated.
halka::task<> send_impatiently(messages ch, std::size_t producer, std::size_t items) {
  for (std::size_t i = 0; i < items; ++i)
    for (bool sent = false; !sent;) {
      try {
        co_await halka::wait_for(ch.send(message(producer, i)), std::chrono::microseconds(1 + i % 50));
        sent = true;
      } catch (halka::timeout_error const&) {
      }
    }
}

halka::task<> receive_impatiently(messages ch, ledger& all) {
  consumer_view mine(all);
  for (std::size_t i = 0;; ++i) {
    bool ended = false;
    try {
      std::optional<message> const m = co_await halka::wait_for(ch.receive(), std::chrono::microseconds(1 + i % 50));
      if (m) mine.note(*m);
      ended = !m;
    } catch (halka::timeout_error const&) {
    }
    if (ended) break;
  }
}

enum class kind { loops, threads, mixed, impatient };

void produce(kind k, messages ch, std::size_t producer, std::size_t items) {
  if (k == kind::impatient)
    halka::run(send_impatiently(ch, producer, items));
  else if (k == kind::loops || (k == kind::mixed && producer % 2 == 0))
    halka::run(send_all(ch, producer, items));
  else
    for (std::size_t i = 0; i < items; ++i) ch.send_blocking(message(producer, i));
}

void consume(kind k, messages ch, std::size_t consumer, ledger& all) {
  if (k == kind::impatient) return halka::run(receive_impatiently(ch, all));
  if (k == kind::loops || (k == kind::mixed && consumer % 2 == 0)) return halka::run(receive_all(ch, all));
  consumer_view mine(all);
  while (auto m = ch.receive_blocking()) mine.note(*m);
}

void exchange(kind k, std::size_t capacity, std::size_t items) {
  messages ch(capacity);
  ledger all(items / producers);
  std::vector<std::thread> sending, receiving;
  for (std::size_t i = 0; i < 4; ++i) receiving.emplace_back(consume, k, ch, i, std::ref(all));
  for (std::size_t i = 0; i < producers; ++i) sending.emplace_back(produce, k, ch, i, items / producers);
  for (std::thread& t : sending) t.join();
  ch.close();  // the consumers wait, or take what is left
  for (std::thread& t : receiving) t.join();
  all.check(items / producers * producers);
  halka::channel_statistics const s = ch.statistics();
  if (s.sent != s.received || s.receivers_waiting != 0 || s.senders_waiting != 0) fail("the statistics are wrong");
}

/// Loops begin to receive and end in the middle of it, while others send.
void leave_early(std::size_t capacity, std::size_t rounds) {
  messages ch(capacity);
  ledger all(rounds);
  std::vector<std::thread> sending;
  std::atomic<std::size_t> sent = 0;
  for (std::size_t p = 0; p < producers; ++p)
    sending.emplace_back([&, p] {
      auto send_until_closed = [&]() -> halka::task<> {
        try {
          for (std::size_t i = 0; i < rounds; ++i) {
            co_await ch.send(message(p, i));
            ++sent;
          }
        } catch (halka::queue_shut_down const&) {
        }
      };
      halka::run(send_until_closed);
    });
  std::thread leaving([&] {
    for (std::size_t i = 0; i < rounds / 20; ++i) {
      auto take = [&]() -> halka::task<> {
        while (auto m = co_await ch.receive()) all.note(*m);
      };
      if (i % 2 == 0) {
        auto take_for_a_moment = [&]() -> halka::task<> {
          co_await halka::race(halka::gather(take(), take(), take()), halka::sleep(std::chrono::microseconds(50)));
        };
        halka::run(take_for_a_moment);
      } else {
        // This one is closed over the heads of its tasks, wherever they are.
        halka::event_loop loop(std::make_unique<halka::test::virtual_clock>());
        loop.call_soon([&] {
          for (int k = 0; k < 3; ++k) halka::spawn(take);
        });
        for (int pass = 0; pass < 5; ++pass) {
          loop.stop();
          loop.run_forever();
        }
        loop.close();
      }
    }
  });
  leaving.join();
  std::thread last([&] { halka::run(receive_all(ch, all)); });
  for (std::thread& t : sending) t.join();
  ch.close();
  last.join();
  all.check(sent);
}

/// All wait, and the channel is closed.
void close_on_all() {
  messages in(0), out(0);
  std::atomic<int> shut_down = 0, ended = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      auto send = [&]() -> halka::task<> {
        try {
          co_await in.send(message(0, 0));
        } catch (halka::queue_shut_down const&) {
          ++shut_down;
        }
      };
      if (i % 2 == 0) return halka::run(send);
      try {
        in.send_blocking(message(0, 0));
      } catch (halka::queue_shut_down const&) {
        ++shut_down;
      }
    });
    threads.emplace_back([&, i] {
      auto receive = [&]() -> halka::task<> {
        auto const m = co_await out.receive();
        if (!m) ++ended;
      };
      if (i % 2 == 0) return halka::run(receive);
      if (!out.receive_blocking()) ++ended;
    });
  }
  while (in.statistics().senders_waiting < 4 || out.statistics().receivers_waiting < 4) std::this_thread::yield();
  in.close();
  out.close();
  for (std::thread& t : threads) t.join();
  if (shut_down != 4 || ended != 4) fail("not all were told that the channel was closed");
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t const items = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100'000;
  halka::test::captured_reports const reports;  // of tasks that a closed loop destroys
  int const rounds = argc > 2 ? std::atoi(argv[2]) : 1;
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t capacity : {std::size_t{64}, std::size_t{1}, std::size_t{0}}) {
      std::size_t const n = capacity == 64 ? items : items / 8;
      exchange(kind::loops, capacity, n);
      exchange(kind::mixed, capacity, n);
      exchange(kind::threads, capacity, n);
      exchange(kind::impatient, capacity, n / 8);
      leave_early(capacity, n / 40);
    }
    for (int i = 0; i < 20; ++i) close_on_all();
  }
  std::printf("%zu items a round, %d rounds: each came once and in order\n", items, rounds);
  return 0;
}
