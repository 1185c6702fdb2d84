// SPDX-License-Identifier: MIT
// Reads of a file, from tasks that wait for one each.
#include "../common/file_reads.hpp"
#include "workloads.hpp"

#include <halka/halka.hpp>
#include <halka/io/ops/read.hpp>

#include <fcntl.h>
#include <cstddef>
#include <cstdlib>

namespace bench {

namespace {

halka::task<> read_often(halka::file& file, read_file& where, char* memory, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t const got = co_await file.read_at(where.next_offset(), halka::mutable_buffer(memory, piece));
    check_piece(static_cast<long long>(got));
  }
}

halka::task<> read_all(order o, meter& m) {
  read_file where;
  halka::file file = co_await halka::open_file(std::getenv("HALKA_BENCH_FILE"));
  read_memory const memory(o.alive);
  m.start();
  co_await halka::with_task_group([&](halka::task_group& group) {
    for (std::size_t i = 0; i < o.alive; ++i) group.create_task(read_often(file, where, memory.at(i), o.units / o.alive));
  });
  m.stop();
  co_await file.close();
}

/// The operation alone: a file object has no way to ask for O_DIRECT.
halka::task<> read_directly(read_file& file, char* memory, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t const got = co_await halka::io::read(file.fd(), halka::mutable_buffer(memory, piece), file.next_offset());
    check_piece(static_cast<long long>(got));
  }
}

halka::task<> read_all_directly(order o, meter& m) {
  read_file file(O_DIRECT);
  read_memory const memory(o.alive);
  m.start();
  co_await halka::with_task_group([&](halka::task_group& group) {
    for (std::size_t i = 0; i < o.alive; ++i) group.create_task(read_directly(file, memory.at(i), o.units / o.alive));
  });
  m.stop();
}

}  // namespace

void reads(order const& o, meter& m) { halka::run(read_all(o, m)); }
void direct_reads(order const& o, meter& m) { halka::run(read_all_directly(o, m)); }

}  // namespace bench
