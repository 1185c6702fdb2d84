// SPDX-License-Identifier: MIT
// Sleepers and those who wake them: wakes ROUNDS
//
// The protocols that models/wake_up.pml and models/worker_threads.pml show, in the program itself. Pairs of jobs that wait for each
// other are submitted to two worker threads, so a job that is left lying beside a sleeping worker stops the program; and loops that
// sleep are sent messages by many threads, one at a time and in bursts, and end while others still send. Each message must arrive
// or be refused.

#include <halka/halka.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

[[noreturn]] void fail(std::string const& what) {
  std::fprintf(stderr, "wakes: %s\n", what.c_str());
  std::_Exit(1);
}

/// Ends when its partner has begun, wherever that runs.
class half final : public halka::worker_job {
 public:
  half(std::atomic<int>& begun, std::atomic<int>& ended) : begun_(begun), ended_(ended) {}
  void run() noexcept override {
    ++begun_;
    while (begun_ < 2) std::this_thread::yield();
  }
  void report() noexcept override { ++ended_; }
  void drop(std::exception_ptr const&) noexcept override { fail("a job was dropped"); }

 private:
  std::atomic<int>& begun_;
  std::atomic<int>& ended_;
};

/// The halves come from one thread, or from two at once; the workers look, fall asleep or sleep.
void run_pairs(std::size_t rounds) {
  halka::worker_threads workers(2, "wakes");
  std::atomic<std::size_t> other_turn = 0;
  std::atomic<half*> handed = nullptr;
  std::thread other([&] {
    for (std::size_t turn = 1;; ++turn) {
      while (other_turn < turn) std::this_thread::yield();
      half* const job = handed;
      if (!job) return;
      handed = nullptr;
      workers.submit(*job);
    }
  });
  for (std::size_t i = 0; i < rounds; ++i) {
    std::atomic<int> begun = 0, ended = 0;
    half first(begun, ended), second(begun, ended);
    if (i % 3 == 0) {
      handed = &second;
      ++other_turn;
      workers.submit(first);
    } else {
      workers.submit(first);
      workers.submit(second);
    }
    while (ended < 2 || handed) std::this_thread::yield();
    if (i % 64 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));  // until the workers sleep
  }
  handed = nullptr;
  ++other_turn;
  other.join();
}

/// Sends to a loop that sleeps whenever it can. The loop stops after `wanted` messages, and the senders go on until they are
/// refused.
void send_to_loop(std::size_t wanted, std::size_t senders) {
  std::atomic<std::size_t> arrived = 0, accepted = 0;
  struct message : halka::runnable {
    explicit message(std::atomic<std::size_t>& c) : runnable{nullptr, came}, count(c) {}
    static void came(halka::runnable& r) {
      auto const& self = static_cast<message&>(r);
      ++self.count;
      delete &self;
    }
    std::atomic<std::size_t>& count;
  };
  std::shared_ptr<halka::mailbox> box;
  std::atomic<bool> open = false;
  std::vector<std::thread> threads;
  for (std::size_t s = 0; s < senders; ++s)
    threads.emplace_back([&, s] {
      while (!open) std::this_thread::yield();
      for (std::size_t i = 0;; ++i) {
        auto m = std::make_unique<message>(arrived);
        if (!box->post(*m)) return;
        static_cast<void>(m.release());
        std::size_t const n = ++accepted;
        // One at a time the loop sleeps before each; in bursts it looks, or runs.
        if ((i + s) % 16 < 8)
          while (arrived < n && arrived < wanted) std::this_thread::yield();
      }
    });
  auto serve = [&]() -> halka::task<> {
    box = halka::get_running_loop().address();
    open = true;
    while (arrived < wanted) co_await halka::sleep(std::chrono::milliseconds(20));
  };
  halka::run(serve);
  for (std::thread& t : threads) t.join();
  if (arrived != accepted) fail(std::to_string(accepted) + " messages were accepted, and " + std::to_string(arrived) + " came");
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t const rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20'000;
  run_pairs(rounds);
  for (std::size_t senders : {std::size_t{1}, std::size_t{4}, std::size_t{8}}) send_to_loop(rounds, senders);
  std::printf("%zu pairs of jobs and %zu messages: nobody slept beside one\n", rounds, 3 * rounds);
  return 0;
}
