// SPDX-License-Identifier: MIT
// Replaces pthread_create: it fails where a plan says so. New threads take coroutine frames from operator new, as the armed thread
// does, so that all of them are counted.
#include "fault_plan.hpp"

#include <halka/sched/frame_pool.hpp>

#include <dlfcn.h>
#include <pthread.h>
#include <cstdlib>

// ThreadSanitizer must see threads begin by itself.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HALKA_THREADS_ARE_WATCHED
#endif
#endif

#ifndef HALKA_THREADS_ARE_WATCHED

namespace {

struct beginning {
  void* (*function)(void*);
  void* argument;
};

void* begin(void* given) {
  beginning const what = *static_cast<beginning*>(given);
  std::free(given);
  halka::this_frame_pool.caching = false;
  return what.function(what.argument);
}

}  // namespace

extern "C" int pthread_create(pthread_t* thread, pthread_attr_t const* attributes, void* (*function)(void*),
                              void* argument) noexcept {
  using creator = int (*)(pthread_t*, pthread_attr_t const*, void* (*)(void*), void*);
  static auto const real = reinterpret_cast<creator>(dlsym(RTLD_NEXT, "pthread_create"));
  if (halka::faults::fault const* const f = halka::faults::fault_at(halka::faults::call::pthread_create)) return f->error;
  auto* const what = static_cast<beginning*>(std::malloc(sizeof(beginning)));
  if (!what) std::abort();
  *what = {function, argument};
  int const error = real(thread, attributes, begin, what);
  if (error != 0) std::free(what);
  return error;
}

#endif
