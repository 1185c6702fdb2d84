// SPDX-License-Identifier: MIT
// Counts the lines of all files of a tree: a walk finds the files, a task reads each, and at most 16 are open at a time.
//
// Run it: build/release/examples/line_counter [directory]     (without one it makes a tree of its own)
#include <halka/halka.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>

struct total {
  std::size_t files = 0;
  std::size_t lines = 0;
};

halka::task<> count(std::string path, halka::semaphore& open_files, total& sum) {
  auto const permit = co_await open_files.hold();
  try {
    halka::file f = co_await halka::open_file(path);
    std::string block(64 * 1024, '\0');
    while (std::size_t const n = co_await f.read_some(block))
      sum.lines += static_cast<std::size_t>(std::count(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(n), '\n'));
    co_await f.close();
    ++sum.files;
  } catch (std::exception const& e) {
    std::fprintf(stderr, "left out: %s\n", e.what());
  }
}

halka::task<total> count_all(std::string root) {
  total sum;
  halka::semaphore open_files(16);
  co_await halka::with_task_group([&](halka::task_group& group) -> halka::task<> {
    auto entries = halka::fs::walk(root, {.errors = halka::fs::walk_errors::skip});
    while (auto entry = co_await entries.next())
      if (entry->type == halka::fs::file_type::regular) group.spawn(count, entry->path, std::ref(open_files), std::ref(sum));
  });
  co_return sum;
}

/// Five directories with forty files each; file number n has n lines.
halka::task<> plant_tree(std::string root) {
  for (int d = 0; d < 5; ++d) {
    std::string const directory = root + "/" + std::to_string(d);
    co_await halka::fs::make_directory(directory);
    for (int n = 0; n < 40; ++n) {
      std::string text;
      for (int i = 0; i < n; ++i) text += "line " + std::to_string(i) + "\n";
      co_await halka::write_text(directory + "/" + std::to_string(n) + ".txt", text);
    }
  }
}

halka::task<> async_main(std::string root) {
  halka::fs::scratch_directory own;
  if (root.empty()) {
    own = co_await halka::fs::temporary_directory();
    root = own.path();
    co_await plant_tree(root);
  }
  auto const begin = halka::clock::now();
  total const sum = co_await count_all(root);
  auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(halka::clock::now() - begin);
  std::printf("%zu files, %zu lines, %lld ms\n", sum.files, sum.lines, static_cast<long long>(took.count()));
  co_await own.close();
}

int main(int argc, char** argv) try { halka::run(async_main(argc > 1 ? argv[1] : "")); } catch (std::exception const& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
