// SPDX-License-Identifier: MIT
// The limits of file reads: io_uring without coroutines, and one pread after another.
#include "../common/file_reads.hpp"
#include "../common/raw_ring.hpp"
#include "limits.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace bench {

namespace {

void read_all(order const& o, meter& m, int flags) {
  read_file file(flags);
  read_memory const memory(o.alive);
  raw_ring ring(256, 4096);
  auto const begin = [&](std::size_t slot) {
    io_uring_sqe* const sqe = ring.entry();
    io_uring_prep_read(sqe, file.fd(), memory.at(slot), piece, file.next_offset());
    sqe->user_data = slot;
  };
  std::size_t begun = 0, done = 0;
  m.start();
  for (; begun < o.alive; ++begun) begin(begun);
  while (done < begun) {
    ring.turn([&](io_uring_cqe const& cqe) {
      check_piece(cqe.res);
      ++done;
      if (begun >= o.units) return;
      ++begun;
      begin(cqe.user_data);
    });
  }
  m.stop();
}

}  // namespace

void read_with_uring(order const& o, meter& m) { read_all(o, m, 0); }
void read_with_uring_direct(order const& o, meter& m) { read_all(o, m, O_DIRECT); }

void read_with_pread(order const& o, meter& m) {
  read_file file;
  read_memory const memory(1);
  m.start();
  for (std::size_t i = 0; i < o.units; ++i)
    check_piece(pread(file.fd(), memory.at(0), piece, static_cast<off_t>(file.next_offset())));
  m.stop();
}

}  // namespace bench
