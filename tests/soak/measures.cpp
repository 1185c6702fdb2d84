// SPDX-License-Identifier: MIT
#include "measures.hpp"

#include <sys/resource.h>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <stdexcept>
#include <system_error>

namespace soak {

std::size_t resident_memory() {
  std::size_t size = 0;
  if (std::FILE* const file = std::fopen("/proc/self/status", "r")) {
    char line[128];
    while (std::fgets(line, sizeof line, file))
      if (std::sscanf(line, "VmRSS: %zu", &size) == 1) break;
    std::fclose(file);
  }
  return size;
}

double processor_time() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  auto const seconds = [](timeval const& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void fail_of_system(char const* what) { throw std::system_error(errno, std::system_category(), what); }

void check(bool good, std::string const& text) {
  if (!good) throw std::runtime_error(text);
}

std::string figures(char const* format, ...) {
  char text[512];
  std::va_list list;
  va_start(list, format);
  std::vsnprintf(text, sizeof text, format, list);
  va_end(list);
  return text;
}

}  // namespace soak
