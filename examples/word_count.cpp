// SPDX-License-Identifier: MIT
// Counts the words in all files of a tree, in threads and in processes, and shows the progress of both. Both executors take the
// same plain, blocking function; from a process its result comes back as a message.
//
// Run it: build/release/examples/word_count [directory]     (without one it makes a tree of its own)
#include <halka/halka.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

using paths = std::vector<std::string>;
using tally = std::map<std::string, std::size_t>;

tally count_words(paths const& files) {
  tally words;
  for (std::string const& path : files) {
    std::ifstream file(path);
    for (std::string word; file >> word;) ++words[word];
  }
  return words;
}

halka::task<tally> count_in(auto& pool, paths files) { co_return co_await pool.submit(count_words, std::move(files)); }

halka::task<> count_all(char const* name, auto& pool, std::vector<paths> const& batches) {
  auto const begin = halka::clock::now();
  std::vector<halka::task<tally>> counting;
  counting.reserve(batches.size());
  for (paths const& files : batches) counting.push_back(count_in(pool, files));
  tally words;
  std::size_t done = 0, all_words = 0;
  auto parts = halka::as_completed(std::move(counting));
  while (auto part = co_await parts.next()) {
    for (auto const& [word, n] : part->value()) all_words += n, words[word] += n;
    std::printf("\r%-9s %3zu %%", name, ++done * 100 / batches.size());
    std::fflush(stdout);
  }
  auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(halka::clock::now() - begin);
  std::printf("  %zu words, %zu different ones, %ld ms\n", all_words, words.size(), static_cast<long>(took.count()));
}

halka::task<> plant_tree(std::string root) {
  for (int n = 0; n < 100; ++n) {
    std::string text = "these words: ";
    for (int i = 0; i < 1000; ++i) text += std::to_string(i * (n + 1) % 500) + ' ';
    co_await halka::write_text(root + "/" + std::to_string(n) + ".txt", text);
  }
}

halka::task<> async_main(std::string root) {
  halka::fs::scratch_directory own;
  if (root.empty()) {
    own = co_await halka::fs::temporary_directory();
    root = own.path();
    co_await plant_tree(root);
  }
  std::vector<paths> batches;
  auto entries = halka::fs::walk(root, {.errors = halka::fs::walk_errors::skip});
  while (auto entry = co_await entries.next()) {
    if (entry->type != halka::fs::file_type::regular) continue;
    if (batches.empty() || batches.back().size() == 5) batches.emplace_back();
    batches.back().push_back(entry->path);
  }
  halka::thread_pool threads;
  halka::process_pool processes;
  co_await count_all("threads", threads, batches);
  co_await count_all("processes", processes, batches);
}

int main(int argc, char** argv) try { halka::run(async_main(argc > 1 ? argv[1] : "")); } catch (std::exception const& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
