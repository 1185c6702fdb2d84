// SPDX-License-Identifier: MIT
// Two functions read a number from a file, add one, and write it back. If both read before either writes (made to happen here), an
// addition is lost: with threads, with tasks that await in between, with processes too. A lock cures it; each kind has its own.
//
// Run it: ./dev demo d2_lost_update
#include <halka/halka.hpp>

#include <cstdio>
#include <fstream>
#include <latch>
#include <mutex>
#include <string>

int read_number(std::string const& file) {
  int n = 0;
  std::ifstream(file) >> n;
  return n;
}
void write_number(std::string const& file, int n) { std::ofstream(file) << n; }

halka::task<> in_threads(std::string file, bool locked) {
  std::mutex mutex;
  std::latch both_have_read(2);
  auto add_one = [&] {
    std::unique_lock const held = locked ? std::unique_lock(mutex) : std::unique_lock<std::mutex>();
    int const n = read_number(file);
    if (!locked) both_have_read.arrive_and_wait();
    write_number(file, n + 1);
  };
  co_await halka::gather(halka::to_thread(add_one), halka::to_thread(add_one));
}

halka::task<> in_tasks(std::string file, bool locked) {
  halka::lock lock;
  halka::barrier both_have_read(2);
  auto add_one = [&]() -> halka::task<> {
    if (locked) co_await lock.acquire();
    int const n = read_number(file);
    if (!locked) co_await both_have_read.wait();
    write_number(file, n + 1);
    if (locked) lock.release();
  };
  co_await halka::gather(add_one(), add_one());
}

void add_one(std::string const& file, bool locked, halka::process_lock lock, halka::process_semaphore has_read,
             halka::process_event go) {
  std::unique_lock const held = locked ? std::unique_lock(lock) : std::unique_lock<halka::process_lock>();
  int const n = read_number(file);
  has_read.release();
  if (!locked) go.wait_blocking();
  write_number(file, n + 1);
}

halka::task<> in_processes(std::string file, bool locked) {
  halka::process_lock lock;
  halka::process_semaphore has_read(0);
  halka::process_event go;
  halka::process func1(add_one, file, locked, lock, has_read, go), func2(add_one, file, locked, lock, has_read, go);
  func1.start(), func2.start();
  for (int i = 0; i < 2; ++i) co_await has_read.acquire();
  go.set();
  co_await halka::gather(func1.join(), func2.join());
}

halka::task<> add_two(char const* how, halka::task<> (*way)(std::string, bool)) {
  auto const directory = co_await halka::fs::temporary_directory();
  std::string const file = directory.path() + "/number";
  for (int locked = 0; locked < 2; ++locked) {
    write_number(file, 5);
    co_await way(file, locked != 0);
    std::printf("%-9s %-7s lock: %d\n", how, locked ? "with" : "without", read_number(file));
  }
}

halka::task<> async_main() {
  co_await add_two("threads", in_threads);
  co_await add_two("tasks", in_tasks);
  co_await add_two("processes", in_processes);
}

int main() { halka::run(async_main()); }
