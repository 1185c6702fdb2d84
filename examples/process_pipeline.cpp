// SPDX-License-Identifier: MIT
// Three programs as a pipeline: `printf | sort | tr`. The first two are joined by a pipe of their own, which this program only
// makes and hands over; what the second writes passes through this program, which counts the lines on the way to the third.
//
// Run it: build/release/examples/process_pipeline
#include <halka/halka.hpp>

#include <cstdio>
#include <string>
#include <system_error>

using halka::command;
using halka::stdio;

/// Passes everything on, and tells its number of lines.
halka::task<int> pass_on(halka::stream& from, halka::stream& to) {
  int lines = 0;
  auto all = from.lines();
  while (auto line = co_await all.next()) {
    ++lines;
    co_await to.write(*line);
  }
  co_await to.close();  // the end of input for who reads it
  co_return lines;
}

halka::task<> async_main() {
  auto joint = halka::make_pipe();
  auto writer = co_await halka::create_subprocess_exec(command("printf", "%s\n", "pear", "apple", "quince", "fig"),
                                                       {.standard_output = stdio::fd(joint.write_end.get())});
  auto sorter = co_await halka::create_subprocess_exec(
      command("sort"), {.standard_input = stdio::fd(joint.read_end.get()), .standard_output = stdio::pipe});
  // They have their copies; as long as this one was open, sort would wait for more.
  joint.write_end.close();
  joint.read_end.close();

  auto shouter = co_await halka::create_subprocess_exec(command("tr", "a-z", "A-Z"),
                                                        {.standard_input = stdio::pipe, .standard_output = stdio::pipe});
  auto [lines, text] =
      co_await halka::gather(pass_on(sorter.standard_output(), shouter.standard_input()), shouter.standard_output().read_all());
  std::printf("%d lines:\n%s", lines, text.c_str());

  auto [a, b, c] = co_await halka::gather(writer.wait(), sorter.wait(), shouter.wait());
  std::printf("exit codes: %d %d %d\n", a, b, c);
}

int main() {
  try {
    halka::run(async_main());
  } catch (std::system_error const& e) {
    std::fprintf(stderr, "%s\n", e.what());  // "start sort (not found in PATH ...): No such file or directory"
    return 1;
  }
}
