// SPDX-License-Identifier: MIT
// Python:
//
//     async for row in connection.cursor(): ...       # psycopg: a server-side cursor, fetched in batches of 2000
//
// An async_generator fetches a batch when the last one is used up and yields its rows by reference: of 10 000 rows there are never
// more than 2000 in memory, and while a batch is fetched the loop runs other tasks.
//
// Run it: ./dev demo x7_rows_in_batches
#include <halka/halka.hpp>

#include <algorithm>
#include <cstdio>
#include <set>
#include <stdexcept>
#include <vector>

using namespace std::chrono_literals;

constexpr int row_count = 10'000;
constexpr int batch_size = 2'000;

/// A row counts how many of its kind there are.
struct row {
  explicit row(int number) : id(number) { most = std::max(most, ++held); }
  row(row const& other) : row(other.id) {}
  ~row() { --held; }

  int id;
  inline static int held = 0;
  inline static int most = 0;
};

halka::task<std::vector<row>> fetch(int first) {
  co_await halka::sleep(20ms);  // the database
  std::vector<row> batch;
  batch.reserve(batch_size);
  for (int id = first; id < std::min(first + batch_size, row_count); ++id) batch.emplace_back(id);
  co_return batch;
}

halka::async_generator<row const&> cursor() {
  for (int first = 0; first < row_count; first += batch_size) {
    std::vector<row> const batch = co_await fetch(first);
    for (row const& r : batch) co_yield r;
  }
}

halka::task<> read_all(int& rows) {
  auto all = cursor();
  while (row const* next = co_await all.next()) {
    if (next->id != rows++) throw std::logic_error("a row is missing");
  }
}

/// Notes after how many rows it gets its turn.
halka::task<> other_task(int const& rows, std::set<int>& turns) {
  while (true) {
    turns.insert(rows);
    co_await halka::sleep(1ms);
  }
}

halka::task<> async_main() {
  int rows = 0;
  std::set<int> turns;
  co_await halka::race(read_all(rows), other_task(rows, turns));
  std::printf("read %d rows, of which at most %d were in memory\n", rows, row::most);
  std::printf("another task had its turn after");
  for (int n : turns) std::printf(" %d", n);
  std::puts(" rows");
}

int main() { halka::run(async_main()); }
