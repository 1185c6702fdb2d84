// SPDX-License-Identifier: MIT
// A shared library that tests load; built twice, with different code.
#include <stdexcept>

namespace {

int plus_number(int x) { return LIBRARY_NUMBER + x; }
int fail_in_library(int x) {
  if (x > 0) throw std::runtime_error("from the library");
  return LIBRARY_NUMBER;
}

}  // namespace

extern "C" {
using library_function = int (*)(int);

/// A function of this library that nobody can find by its name.
__attribute__((visibility("default"))) library_function give_function(int which) {
  library_function const times = [](int x) { return LIBRARY_NUMBER * 10 * x; };
  return which == 0 ? plus_number : which == 1 ? times : fail_in_library;
}
}
