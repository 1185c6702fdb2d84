// SPDX-License-Identifier: MIT
// A database takes 5 connections and refuses the sixth. Python: async with pool.acquire() as connection: ...
// Here the pool is a semaphore, which limits the connections in use, and a queue of idle ones. A lease brings its connection back,
// whether its task returns, fails or is cancelled; a task that is cancelled while it waits has none.
//
// Run it: ./dev demo x12_connection_pool
#include <halka/halka.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

struct database {
  int connected = 0, peak = 0;
};

struct connection {
  explicit connection(database& d) : db(d) {
    if (db.connected == 5) throw std::runtime_error("too many connections");
    db.peak = std::max(db.peak, ++db.connected);
  }
  ~connection() { --db.connected; }
  database& db;
};

struct connection_pool {
  database& db;
  halka::semaphore permits{5};
  halka::lifo_queue<std::unique_ptr<connection>> idle{};
};

struct lease {
  lease(connection_pool& p, halka::semaphore::permit held)
      : pool(p), permit(std::move(held)), used(p.idle.empty() ? std::make_unique<connection>(p.db) : p.idle.get_nowait()) {}
  ~lease() { pool.idle.put_nowait(std::move(used)); }
  connection_pool& pool;
  halka::semaphore::permit permit;  // given back after the connection
  std::unique_ptr<connection> used;
};

halka::task<> query_alone(database& db) {
  connection const own(db);
  co_await halka::sleep(50ms);
}
halka::task<> query_pooled(connection_pool& pool) {
  lease const held(pool, co_await pool.permits.hold());
  co_await halka::sleep(50ms);
}

halka::task<> twenty(char const* how, auto query) {
  std::vector<halka::task<>> queries;
  while (queries.size() < 20) queries.push_back(query());
  auto const outcomes = co_await halka::gather(halka::return_exceptions, std::move(queries));
  auto const ok = std::ranges::count_if(outcomes, [](auto const& o) { return o.has_value(); });
  std::printf("%s: ok %td, refused %td", how, ok, 20 - ok);
}

halka::task<> async_main() {
  database db;
  co_await twenty("without pool", [&] { return query_alone(db); });
  connection_pool pool{db};
  auto const begin = halka::clock::now();
  co_await twenty("\npool of 5", [&] { return query_pooled(pool); });
  std::printf(", peak %d, %.1f s\n", db.peak, static_cast<double>((halka::clock::now() - begin) / 1ms) / 1000);
  co_await halka::with_task_group([&](halka::task_group& group) -> halka::task<> {
    std::vector<halka::task_handle<>> seven;
    while (seven.size() < 7) seven.push_back(group.create_task(query_pooled(pool)));
    co_await halka::sleep(10ms);
    for (unsigned i : {0U, 5U}) seven[i].cancel();  // one in its query, one that waits
  });
  std::printf("two of seven cancelled: idle %zu, permits %zu\n", pool.idle.size(), pool.permits.statistics().permits);
}

int main() { halka::run(async_main()); }
