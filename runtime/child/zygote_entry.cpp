// SPDX-License-Identifier: MIT

// How a program that was started again becomes a zygote instead of running its main.
//
// The dynamic linker runs the constructor below in every program that has this file linked in, or in the library that is preloaded.
// In a program that was started as a zygote it replaces the last entry of the executable's table of constructors. That one is run
// after all constructors of all libraries and of the executable itself, immediately before main; so every static object of the
// program exists when the zygote begins to serve, and main never begins.

#include "zygote_entry.hpp"

#include "zygote_protocol.hpp"
#include "zygote_server.hpp"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cstdlib>
#include <cstring>

namespace halka::detail {

namespace {

using constructor = void (*)(int, char**, char**);

int zygote_socket = -1;
constructor last_constructor = nullptr;

[[noreturn]] void serve() { serve_as_zygote(zygote_socket); }

void run_last_and_serve(int argc, char** argv, char** environment) {
  last_constructor(argc, argv, environment);
  serve();
}

struct constructor_table {
  constructor* first = nullptr;
  std::size_t count = 0;
};

/// The table of the executable, which comes first in the list of what is loaded.
int find_table(dl_phdr_info* info, std::size_t, void* result) {
  auto& table = *static_cast<constructor_table*>(result);
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    if (info->dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
    auto const* entry = reinterpret_cast<ElfW(Dyn) const*>(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry) {
      if (entry->d_tag == DT_INIT_ARRAY) table.first = reinterpret_cast<constructor*>(info->dlpi_addr + entry->d_un.d_ptr);
      if (entry->d_tag == DT_INIT_ARRAYSZ) table.count = entry->d_un.d_val / sizeof(constructor);
    }
  }
  return 1;
}

/// The table lies in memory that the linker has made read-only.
bool make_writable(constructor* entry) {
  auto const page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  auto const begin = reinterpret_cast<std::uintptr_t>(entry) & ~(page - 1);
  return mprotect(reinterpret_cast<void*>(begin), page, PROT_READ | PROT_WRITE) == 0;
}

/// The library was preloaded for the zygote only, not for the programs that its children start.
void restore_preload() {
  char const* const before = std::getenv(zygote_protocol::preload_variable);
  if (!before) return;
  *before ? setenv("LD_PRELOAD", before, 1) : unsetenv("LD_PRELOAD");
  unsetenv(zygote_protocol::preload_variable);
}

[[gnu::constructor(101)]] void enter_zygote(int, char**, char**) {
  char const* const socket = secure_getenv(zygote_protocol::variable);
  if (!socket) return;
  zygote_socket = std::atoi(socket);
  unsetenv(zygote_protocol::variable);
  restore_preload();
  constructor_table table;
  dl_iterate_phdr(find_table, &table);
  constructor* const last = table.count == 0 ? nullptr : table.first + table.count - 1;
  // Without a table that could be changed (a program linked with -static), what is constructed later is missing.
  if (!last || *last == enter_zygote || !make_writable(last)) serve();
  last_constructor = *last;
  *last = run_last_and_serve;
}

}  // namespace

void require_zygote_entry() noexcept {}

}  // namespace halka::detail
