// SPDX-License-Identifier: MIT
// Follows a file that grows, as tail -f does: what is appended is printed, line by line. A line that is not complete yet waits for
// its rest.
//
// Run it: build/release/examples/tail_f [file]     (without one, a task writes a log of its own for a second)
#include <halka/halka.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>

using namespace std::chrono_literals;

halka::task<> follow(std::string path) {
  halka::file f = co_await halka::open_file(path);
  std::string line;
  while (true) {
    std::string const more = co_await f.read_line();
    line += more;
    if (line.ends_with('\n')) {
      std::printf("%s", line.c_str());
      std::fflush(stdout);
      line.clear();
    } else if (more.empty()) {
      co_await halka::sleep(50ms);  // the end, for now
    }
  }
}

halka::task<> write_log(std::string path) {
  halka::file log = co_await halka::open_file(path, "a");
  for (int i = 1; i <= 5; ++i) {
    co_await log.write("event " + std::to_string(i));
    co_await log.flush();  // half a line is in the file now
    co_await halka::sleep(100ms);
    co_await log.write(" is over\n");
    co_await log.flush();
  }
  co_await log.close();
  co_await halka::sleep(200ms);  // let the reader see the last one
}

halka::task<> demonstrate() {
  auto log = co_await halka::fs::temporary_file({.prefix = "tail_f-"});
  co_await halka::race(follow(log.path()), write_log(log.path()));  // the reader never ends by itself
  co_await log.close();
  std::puts("the writer has ended");
}

int main(int argc, char** argv) try { halka::run(argc > 1 ? follow(argv[1]) : demonstrate()); } catch (std::exception const& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
} catch (halka::keyboard_interrupt const&) {
  std::puts("");
}
