// SPDX-License-Identifier: MIT
// Python:
//
//     limit = asyncio.Semaphore(50)
//
//     async def send_limited(row):
//         async with limit:
//             return await send(row)
//
//     results = await asyncio.gather(*[send_limited(row) for row in rows])      # 10 000 rows
//
// Every call is a task at once, but never more than 50 of them are in flight. They end in another order than they began, the
// results have that of the arguments.
//
// Run it: ./dev demo x8_limited_gather
#include <halka/halka.hpp>

#include <algorithm>
#include <cstdio>
#include <vector>

using namespace std::chrono_literals;

constexpr int row_count = 10'000;

struct service {
  int in_flight = 0;
  int peak = 0;
  std::vector<int> answered;

  halka::task<int> send(int row) {
    peak = std::max(peak, ++in_flight);
    co_await halka::sleep(row % 2 == 0 ? 3ms : 1ms);
    --in_flight;
    answered.push_back(row);
    co_return row;
  }
};

halka::task<int> send_limited(service& remote, halka::semaphore& limit, int row) {
  auto const permit = co_await limit.hold();
  co_return co_await remote.send(row);
}

char const* order(std::vector<int> const& rows) { return std::ranges::is_sorted(rows) ? "in argument order" : "in another order"; }

halka::task<> async_main() {
  service remote;
  halka::semaphore limit(50);
  std::vector<halka::task<int>> calls;
  calls.reserve(row_count);
  for (int row = 0; row < row_count; ++row) calls.push_back(send_limited(remote, limit, row));
  std::vector<int> const results = co_await halka::gather(std::move(calls));

  std::printf("sent %zu, peak in flight %d\n", results.size(), remote.peak);
  std::printf("answered %s, results %s\n", order(remote.answered), order(results));
}

int main() { halka::run(async_main()); }
