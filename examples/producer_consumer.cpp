// SPDX-License-Identifier: MIT
// A bounded queue between tasks: three bakers put loaves on a shelf with room for four, two sellers take them off. Who finds the
// shelf full or empty waits, first come, first served, so neither side gets far ahead of the other.
//
// `join` waits until every loaf that was put has been sold, which the sellers tell with `task_done`; `shutdown` then ends the
// `get` in which they wait for more.
//
// Run it: build/release/examples/producer_consumer
#include <halka/halka.hpp>

#include <cstdio>
#include <exception>
#include <functional>
#include <string>

using namespace std::chrono_literals;

using shelf_of_loaves = halka::queue<std::string>;

halka::task<> bake(std::string kind, shelf_of_loaves& shelf) {
  for (int number = 1; number <= 3; ++number) {
    std::string const loaf = kind + " loaf " + std::to_string(number);
    co_await shelf.put(loaf);
    std::printf("                     baked %s\n", loaf.c_str());
  }
}

halka::task<> sell(std::string seller, halka::clock::duration time, shelf_of_loaves& shelf) {
  int sold = 0;
  try {
    while (true) {
      std::string const loaf = co_await shelf.get();
      co_await halka::sleep(time);
      std::printf("%s sold %s\n", seller.c_str(), loaf.c_str());
      ++sold;
      shelf.task_done();
    }
  } catch (halka::queue_shut_down const&) {
    std::printf("%s goes home and has sold %d\n", seller.c_str(), sold);
  }
}

halka::task<> bakery() {
  shelf_of_loaves shelf(4);
  // Sellers never end by themselves: if a baker fails, the group cancels them.
  co_await halka::with_task_group([&](halka::task_group& sellers) -> halka::task<> {
    sellers.spawn(sell, "Ada", 50ms, std::ref(shelf));
    sellers.spawn(sell, "Bob", 70ms, std::ref(shelf));
    co_await halka::gather(bake("white", shelf), bake("brown", shelf), bake("rye", shelf));
    std::printf("all are baked, %zu are on the shelf\n", shelf.size());
    co_await shelf.join();
    std::puts("all are sold");
    shelf.shutdown();
  });
}

int main() {
  try {
    halka::run(bakery());
  } catch (std::exception const& e) {
    std::fprintf(stderr, "producer_consumer: %s\n", e.what());
    return 1;
  }
}
