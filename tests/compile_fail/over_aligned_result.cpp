// SPDX-License-Identifier: MIT
// expect: task<T> of an over-aligned T: return a std::unique_ptr<T>
#include <halka/halka.hpp>

#include <memory>

struct alignas(64) wide {
  char bytes[64];
};

#ifdef HALKA_CONTROL
halka::task<std::unique_ptr<wide>> make() { co_return std::make_unique<wide>(); }
#else
halka::task<wide> make() { co_return wide(); }
#endif
