// SPDX-License-Identifier: MIT
// Python:
//
//     def square(x):
//         return x * x
//
//     with Pool(2) as p:
//         print(p.map(square, [1, 2, 3, 4, 5]))
//
// Run it: ./dev demo b2_pool_map
#include <halka/halka.hpp>

#include <cstdio>
#include <vector>

int square(int x) { return x * x; }

halka::task<> async_main() {
  halka::process_pool pool({.workers = 2});
  std::vector<int> const numbers = {1, 2, 3, 4, 5};
  std::vector<int> const squares = co_await pool.map(square, numbers);

  char const* separator = "[";
  for (int const s : squares) {
    std::printf("%s%d", separator, s);
    separator = ", ";
  }
  std::printf("]\n");
}

int main() { halka::run(async_main()); }
