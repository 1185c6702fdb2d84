// SPDX-License-Identifier: MIT
#include "worker_block.hpp"

#include "../../io/memory_file.hpp"
#include "../../io/operation_awaiter.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <new>

namespace halka::detail {

worker_block::worker_block() : descriptor_(open_memory_file("halka-pool")) {
  if (!descriptor_) throw_io_error(errno, "make the memory of a worker process");
  if (ftruncate(descriptor_.get(), whole) != 0 ||
      fcntl(descriptor_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    throw_io_error(errno, "make the memory of a worker process");
  map();
  new (memory_) words;
}

worker_block::worker_block(unique_fd descriptor) : descriptor_(std::move(descriptor)) {
  map();
  // A process that a job forks shall not take part: it has no memory there, and ends if it tries.
  madvise(memory_, whole, MADV_DONTFORK);
}

void worker_block::map() {
  void* const memory = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_.get(), 0);
  if (memory == MAP_FAILED) throw_io_error(errno, "map the memory of a worker process");
  memory_ = static_cast<std::byte*>(memory);
}

worker_block::~worker_block() {
  if (memory_) munmap(memory_, whole);
}

}  // namespace halka::detail
