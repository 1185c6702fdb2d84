// SPDX-License-Identifier: MIT
#include "scenario.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

namespace halka::faults {

namespace {

int square(int n) { return n * n; }

void expect_code(int code, int wanted, char const* what) {
  if (code == 1) throw ended_by_exception(what);
  expect(code == wanted, what);
}

task<> program() {
  subprocess p =
      co_await create_subprocess_exec(command("/bin/cat"), {.standard_input = stdio::pipe, .standard_output = stdio::pipe});
  process_output const got = co_await p.communicate("hello");
  int const code = co_await p.wait();
  expect(got.output == "hello" && code == 0, "a program");
}

task<> whole_program() {
  completed_process const done =
      co_await run_process(command("/bin/echo", "hello"), {.standard_output = stdio::pipe, .standard_error = stdio::null});
  expect(done.output == "hello\n" && done.return_code == 0, "run_process");
}

task<> killed_program() {
  subprocess p = co_await create_subprocess_exec(command("/bin/sleep", "100"));
  p.kill();
  int const code = co_await p.wait();
  expect(code == -9, "a killed program");
}

task<> function_in_process() {
  process p([](int n) { std::exit(n); }, 3);
  p.start();
  int const code = co_await p.join();
  p.close();
  expect_code(code, 3, "a process");
}

task<> pool_of_processes() {
  process_pool pool({.workers = 1});
  int const four = co_await pool.submit(square, 2);
  co_await pool.shutdown();
  expect(four == 4, "a process pool");
}

task<> queue_of_processes() {
  process_queue<int> numbers(4);
  co_await numbers.put(1);
  co_await numbers.put(2);
  int const one = co_await numbers.get();
  int const two = co_await numbers.get();
  numbers.close();
  expect(one == 1 && two == 2, "a process queue");
}

task<> memory() {
  shared_memory const m(4096);
  m.view<int>()[0] = 7;
  process p([](shared_memory const& theirs) { std::exit(theirs.view<int>()[0]); }, m);
  p.start();
  int const code = co_await p.join();
  p.close();
  expect_code(code, 7, "a process with shared memory");
}

task<> locks_of_processes() {
  process_lock lock;
  process_semaphore places(1);
  process_event done;
  {
    auto const held = co_await lock.hold();
    co_await places.acquire();
  }
  places.release();
  done.set();
  co_await done.wait();
}

task<> pipe_of_processes() {
  auto [a, b] = make_process_pipe<std::string>();
  co_await a.send("one");
  co_await b.send("two");
  std::optional<std::string> const one = co_await b.receive();
  std::optional<std::string> const two = co_await a.receive();
  a.close();
  std::optional<std::string> const end = co_await b.receive();
  expect(one == "one" && two == "two" && !end, "a pipe between processes");
}

task<> until_stopped(worker& w) {
  w.ready();
  co_await w.wait_stopping();
}

task<> until_ready(supervisor const& s) {
  while (std::ranges::none_of(s.workers(), &supervisor::worker_status::ready)) co_await sleep(std::chrono::milliseconds(1));
}

task<> supervised_worker() {
  supervisor s = co_await start_supervisor({.workers = 1, .log = nullptr}, until_stopped);
  co_await race(until_ready(s), s.wait());
  s.stop();
  int const code = co_await s.wait();
  if (code == 3) throw std::runtime_error("the supervisor has given up");
  expect(code == 0, "a supervisor");
}

}  // namespace

std::vector<scenario> const& operations_on_processes() {
  static std::vector<scenario> const all{
      // An input that nobody reads is no error of communicate.
      {"create_subprocess_exec, communicate, wait", program, false, "wrong result: a program"},
      {"run_process", whole_program},
      {"subprocess: kill, wait", killed_program},
      {"process: start, join", function_in_process, true},
      {"process_pool: submit, shutdown", pool_of_processes, true, "process"},
      {"process_queue: put, get", queue_of_processes},
      {"process_pipe: send, receive", pipe_of_processes},
      {"process_lock, process_semaphore, process_event", locks_of_processes},
      {"shared_memory", memory, true},
      {"start_supervisor, stop, wait", supervised_worker, true, "given up"},
  };
  return all;
}

}  // namespace halka::faults
