// SPDX-License-Identifier: MIT
// Reads of a file with Asio over io_uring. Its random_access_file has a queue of one read for each file, so each coroutine opens
// it.
#include "../common/file_reads.hpp"

#include <asio.hpp>

#include <cstddef>

namespace {

using bench::meter;
using bench::order;

asio::awaitable<void> read_often(bench::read_file& file, char* memory, std::size_t n) {
  asio::random_access_file own(co_await asio::this_coro::executor, std::getenv("HALKA_BENCH_FILE"), asio::file_base::read_only);
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t const got =
        co_await own.async_read_some_at(file.next_offset(), asio::buffer(memory, bench::piece), asio::use_awaitable);
    bench::check_piece(static_cast<long long>(got));
  }
}

void reads(order const& o, meter& m) {
  bench::read_file file;
  bench::read_memory const memory(o.alive);
  asio::io_context loop(1);
  m.start();
  for (std::size_t i = 0; i < o.alive; ++i) asio::co_spawn(loop, read_often(file, memory.at(i), o.units / o.alive), asio::detached);
  loop.run();
  m.stop();
}

constexpr bench::workload workloads[] = {{"read", reads}};

}  // namespace

int main(int argc, char** argv) { return bench::run_contender(argc, argv, workloads); }
