// SPDX-License-Identifier: MIT
#include "loaded_module.hpp"

#include "throw_trace.hpp"

#include <dlfcn.h>
#include <link.h>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace halka::detail {

namespace {

std::string without_links(char const* path) {
  char* const real = realpath(path, nullptr);
  std::string text = real ? real : path;
  std::free(real);
  return text;
}

std::string find_build_id(char const* notes, std::size_t size) {
  constexpr auto aligned = [](std::size_t n) { return (n + 3) & ~std::size_t{3}; };
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes, sizeof note);
    std::size_t const name = sizeof note, text = name + aligned(note.n_namesz), end = text + aligned(note.n_descsz);
    if (end > size) break;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(notes + name, "GNU", 4) == 0)
      return std::string(notes + text, note.n_descsz);
    notes += end;
    size -= end;
  }
  return {};
}

loaded_module read_module(dl_phdr_info const& info) {
  loaded_module module;
  module.base = info.dlpi_addr;
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    ElfW(Phdr) const& segment = info.dlpi_phdr[i];
    std::uintptr_t const begin = info.dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X)) module.code.push_back({begin, begin + segment.p_memsz});
    if (segment.p_type == PT_NOTE && module.build_id.empty())
      module.build_id = find_build_id(reinterpret_cast<char const*>(begin), segment.p_memsz);
  }
  return module;
}

/// Calls `look(info)` for the loaded modules until it is true.
template <class Look>
bool any_module(Look look) {
  auto const call = [](dl_phdr_info* info, std::size_t, void* data) -> int { return (*static_cast<Look*>(data))(*info) ? 1 : 0; };
  return dl_iterate_phdr(call, &look) != 0;
}

bool holds(dl_phdr_info const& info, std::uintptr_t address) {
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    ElfW(Phdr) const& segment = info.dlpi_phdr[i];
    if (segment.p_type == PT_LOAD && address - info.dlpi_addr - segment.p_vaddr < segment.p_memsz) return true;
  }
  return false;
}

/// Changes whenever a library is loaded or unloaded.
std::pair<unsigned long long, unsigned long long> loader_state() {
  std::pair<unsigned long long, unsigned long long> state;
  any_module([&](dl_phdr_info const& info) {
    state = {info.dlpi_adds, info.dlpi_subs};
    return true;
  });
  return state;
}

/// The library that a thread asked for last.
struct known_library {
  std::shared_ptr<loaded_module const> module;
  std::pair<unsigned long long, unsigned long long> state;
};
thread_local known_library last_library;

}  // namespace

std::shared_ptr<loaded_module const> const& program_module() {
  static std::shared_ptr<loaded_module const> const program = [] {
    loaded_module module;
    any_module([&](dl_phdr_info const& info) {
      module = read_module(info);  // the program is always the first
      return true;
    });
    return std::make_shared<loaded_module const>(std::move(module));
  }();
  return program;
}

std::shared_ptr<loaded_module const> module_of(std::uintptr_t address) {
  if (program_module()->holds(address)) return program_module();
  auto const state = loader_state();
  if (last_library.module && last_library.state == state && last_library.module->holds(address)) return last_library.module;
  std::shared_ptr<loaded_module> found;
  any_module([&](dl_phdr_info const& info) {
    if (!holds(info, address)) return false;
    found = std::make_shared<loaded_module>(read_module(info));
    found->path = info.dlpi_name;
    return true;
  });
  if (!found || !found->holds(address)) return nullptr;
  found->path = without_links(found->path.c_str());
  last_library = {found, state};
  return found;
}

std::shared_ptr<loaded_module const> load_module(std::string const& path) {
  auto const state = loader_state();
  if (last_library.module && last_library.state == state && last_library.module->path == path) return last_library.module;
  std::shared_ptr<loaded_module> found;
  auto const find = [&] {
    // The names are compared outside: the loader's lock is held inside.
    std::vector<loaded_module> modules;
    any_module([&](dl_phdr_info const& info) {
      modules.push_back(read_module(info));
      modules.back().path = info.dlpi_name;
      return false;
    });
    for (loaded_module& module : modules)
      if (!module.path.empty() && without_links(module.path.c_str()) == path) {
        module.path = path;
        found = std::make_shared<loaded_module>(std::move(module));
        return true;
      }
    return false;
  };
  if (!find()) {
    // It stays loaded: the functions that were found in it may be called at any time.
    if (!dlopen(path.c_str(), RTLD_NOW)) throw std::runtime_error(std::string("load a library: ") + dlerror());
    if (throws_are_traced()) trace_throws();
    if (!find()) throw std::runtime_error("load a library: " + path + " is not where the loader says");
  }
  last_library = {found, loader_state()};
  return found;
}

}  // namespace halka::detail
