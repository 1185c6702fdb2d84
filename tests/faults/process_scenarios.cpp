// SPDX-License-Identifier: MIT
#include "scenario.hpp"

namespace halka::faults {

namespace {

int square(int n) { return n * n; }

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
  expect(code == 3, "a process");
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
  expect(code == 7, "shared memory");
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
      {"shared_memory", memory, true},
  };
  return all;
}

}  // namespace halka::faults
