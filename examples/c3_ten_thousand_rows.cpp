// SPDX-License-Identifier: MIT
// Python:
//
//     rows = await cursor.fetchall()                            # 10 000 rows
//     await asyncio.gather(*[send(row) for row in rows])        # all of them at once
//
// and what the article proposes instead:
//
//     limit = asyncio.Semaphore(50)
//     async for row in cursor: ...                              # with a pause every 2000 rows
//
// The first version has 10 000 requests in flight; the second never more than 50, and the loop gets its turn between the batches.
//
// Run it: ./dev demo c3_ten_thousand_rows
#include <halka/halka.hpp>

#include <algorithm>
#include <cstdio>
#include <vector>

using namespace std::chrono_literals;

constexpr int row_count = 10'000;
constexpr int batch = 2'000;

struct service {
  int sent = 0;
  int in_flight = 0;
  int peak = 0;

  halka::task<> send(int) {
    peak = std::max(peak, ++in_flight);
    co_await halka::sleep(1ms);
    --in_flight;
    ++sent;
  }
  void print() const { std::printf("sent %d peak in flight %d\n", sent, peak); }
};

halka::async_generator<int> cursor() {
  for (int row = 0; row < row_count; ++row) {
    if (row > 0 && row % batch == 0) co_await halka::sleep(1ms);  // the next page of the database
    co_yield row;
  }
}

halka::task<> all_at_once() {
  service remote;
  std::vector<halka::task<>> calls;
  calls.reserve(row_count);
  for (int row = 0; row < row_count; ++row) calls.push_back(remote.send(row));
  co_await halka::gather(std::move(calls));
  remote.print();
}

halka::task<> send_limited(service& remote, halka::semaphore& limit, int row) {
  auto const permit = co_await limit.hold();
  co_await remote.send(row);
}

halka::task<> at_most_50() {
  service remote;
  halka::semaphore limit(50);
  co_await halka::with_task_group([&](halka::task_group& group) -> halka::task<> {
    auto rows = cursor();
    while (auto row = co_await rows.next()) group.create_task(send_limited(remote, limit, *row));
  });
  remote.print();
}

halka::task<> async_main() {
  co_await all_at_once();
  co_await at_most_50();
}

int main() { halka::run(async_main()); }
