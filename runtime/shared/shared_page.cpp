// SPDX-License-Identifier: MIT
#include "shared_page.hpp"

#include "../../io/memory_file.hpp"
#include "../../io/operation_awaiter.hpp"
#include "../message/message_error.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <new>
#include <utility>

namespace halka::detail {

struct shared_page::header {
  std::uint32_t kind;
  std::atomic<std::uint32_t> current;
  pthread_mutex_t mutex;
  alignas(64) std::byte states[2][room];
};

shared_page::shared_page(unique_fd memory, char const* what) : memory_(std::move(memory)) {
  static_assert(sizeof(header) <= size && std::atomic<std::uint32_t>::is_always_lock_free);
  void* const mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0);
  if (mapped == MAP_FAILED) throw_io_error(errno, what);
  header_ = static_cast<header*>(mapped);
}

shared_page shared_page::make(char const* what, std::uint32_t kind) {
  unique_fd memory(open_memory_file(what));
  if (!memory || ftruncate(memory.get(), size) != 0 || fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK) != 0)
    throw_io_error(errno, what);
  shared_page page(std::move(memory), what);
  header* const made = new (page.header_) header;
  made->kind = kind;
  made->current.store(0);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  int const error = pthread_mutex_init(&made->mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  if (error != 0) throw_io_error(error, what);
  return page;
}

shared_page shared_page::open(unique_fd memory, std::uint32_t kind) {
  struct stat status;
  int const seals = fcntl(memory.get(), F_GET_SEALS);
  // What cannot shrink cannot take the page away from who has mapped it.
  if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(memory.get(), &status) != 0 || status.st_size < static_cast<off_t>(size))
    throw message_error("the message is garbled: a descriptor is not the shared memory that it should be");
  shared_page page(std::move(memory), "map shared memory");
  if (page.header_->kind != kind) throw message_error("the message has a shared object of another type");
  return page;
}

shared_page::shared_page(shared_page&& other) noexcept
    : memory_(std::move(other.memory_)), header_(std::exchange(other.header_, nullptr)) {}

shared_page::~shared_page() {
  if (header_) munmap(header_, size);
}

namespace {

/// A waiter whom an unlock has woken, and who is killed before it has the mutex, takes the wake-up of the next with it: the kernel
/// sees that only while nobody has the mutex. So who waits looks again from time to time.
int lock_patiently(pthread_mutex_t& mutex) noexcept {
  int error = pthread_mutex_trylock(&mutex);
  while (error == EBUSY || error == ETIMEDOUT) {
    constexpr long look_again = 2'000'000;  // nanoseconds
    timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += look_again;
    until.tv_sec += until.tv_nsec / 1'000'000'000;
    until.tv_nsec %= 1'000'000'000;
    error = pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &until);
  }
  return error;
}

}  // namespace

bool shared_page::lock() {
  int const error = lock_patiently(header_->mutex);
  if (error == EOWNERDEAD) pthread_mutex_consistent(&header_->mutex);
  if (error != 0 && error != EOWNERDEAD) throw_io_error(error, "lock shared memory");
  return error == EOWNERDEAD;
}

void shared_page::unlock() noexcept { pthread_mutex_unlock(&header_->mutex); }

void const* shared_page::state() const noexcept { return header_->states[header_->current.load() & 1]; }

void* shared_page::next_state() noexcept { return header_->states[(header_->current.load() + 1) & 1]; }

void shared_page::commit() noexcept { header_->current.store(header_->current.load() + 1); }

}  // namespace halka::detail
