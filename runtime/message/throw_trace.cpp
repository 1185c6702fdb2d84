// SPDX-License-Identifier: MIT
#include "throw_trace.hpp"

// Every `throw` is a call of __cxa_throw, a function of the C++ library, which each module of a process reaches through a slot of
// its own that the loader has filled in. trace_throws() writes another function into these slots. It notes the addresses on the
// stack and goes on to the real one. Nothing is looked up or allocated at a throw: names are found when the exception is told.
//
// Notes lie in a ring of the last throws, found by the address of the exception's object. An exception may be caught in one thread
// and told in another, so the ring is the process's.

#include <cxxabi.h>
#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>
#include <unwind.h>
#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <typeinfo>

namespace halka::detail {

namespace {

using throw_function = void (*)(void*, std::type_info*, void (*)(void*));
using destroy_function = void (*)(void*);

constexpr std::size_t most_frames = 48;
struct note {
  void const* object = nullptr;
  std::size_t depth = 0;
  std::array<std::uintptr_t, most_frames> stack{};
};

std::mutex notes_mutex;
std::array<note, 16> notes;
std::size_t next_note = 0;
throw_function real_throw = nullptr;
thread_local void const* end_of_notes = nullptr;

struct walk {
  note& into;
  std::size_t skip;
};

_Unwind_Reason_Code note_frame(_Unwind_Context* context, void* data) {
  auto& [into, skip] = *static_cast<walk*>(data);
  std::uintptr_t const address = _Unwind_GetIP(context);
  // What is told as the frame's address is its stack pointer. The function at the end is noted too: what it calls may be inlined
  // into it.
  bool const ended = end_of_notes && _Unwind_GetCFA(context) > reinterpret_cast<std::uintptr_t>(end_of_notes);
  if (address == 0 || ended || into.depth == most_frames) return _URC_END_OF_STACK;
  if (skip > 0)
    --skip;
  else
    into.stack[into.depth++] = address;
  return _URC_NO_REASON;
}

/// Stands in for __cxa_throw.
[[gnu::noinline]] void note_and_throw(void* object, std::type_info* type, destroy_function destroy) {
  {
    std::lock_guard const lock(notes_mutex);
    note& n = notes[next_note++ % notes.size()];
    n.object = object;
    n.depth = 0;
    walk w{n, 1};  // without this function
    _Unwind_Backtrace(note_frame, &w);
  }
  real_throw(object, type, destroy);
}

#if defined(__x86_64__)
constexpr bool fills_slot(ElfW(Xword) type) { return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT; }
#elif defined(__aarch64__)
constexpr bool fills_slot(ElfW(Xword) type) { return type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_GLOB_DAT; }
#else
constexpr bool fills_slot(ElfW(Xword)) { return false; }
#endif

/// What a module says to the loader.
struct module_tables {
  ElfW(Addr) base = 0;
  ElfW(Sym) const* symbols = nullptr;
  char const* names = nullptr;
  ElfW(Rela) const* slots = nullptr;  // of functions that are bound when they are first called
  std::size_t slots_size = 0;
  ElfW(Rela) const* others = nullptr;
  std::size_t others_size = 0;
  ElfW(Addr) protected_begin = 0;  // what may not be written after it was loaded
  ElfW(Addr) protected_end = 0;
};

module_tables read_tables(dl_phdr_info const& info) {
  module_tables tables;
  tables.base = info.dlpi_addr;
  ElfW(Dyn) const* entry = nullptr;
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    ElfW(Phdr) const& segment = info.dlpi_phdr[i];
    if (segment.p_type == PT_DYNAMIC) entry = reinterpret_cast<ElfW(Dyn) const*>(info.dlpi_addr + segment.p_vaddr);
    if (segment.p_type == PT_GNU_RELRO) {
      tables.protected_begin = info.dlpi_addr + segment.p_vaddr;
      tables.protected_end = tables.protected_begin + segment.p_memsz;
    }
  }
  bool has_addends = true;
  // The loader has added the base to these addresses, except in what the kernel maps.
  auto const at = [&](ElfW(Dyn) const& e) { return e.d_un.d_ptr < info.dlpi_addr ? e.d_un.d_ptr + info.dlpi_addr : e.d_un.d_ptr; };
  for (; entry && entry->d_tag != DT_NULL; ++entry) switch (entry->d_tag) {
      case DT_SYMTAB:
        tables.symbols = reinterpret_cast<ElfW(Sym) const*>(at(*entry));
        break;
      case DT_STRTAB:
        tables.names = reinterpret_cast<char const*>(at(*entry));
        break;
      case DT_JMPREL:
        tables.slots = reinterpret_cast<ElfW(Rela) const*>(at(*entry));
        break;
      case DT_PLTRELSZ:
        tables.slots_size = entry->d_un.d_val;
        break;
      case DT_PLTREL:
        has_addends = entry->d_un.d_val == DT_RELA;
        break;
      case DT_RELA:
        tables.others = reinterpret_cast<ElfW(Rela) const*>(at(*entry));
        break;
      case DT_RELASZ:
        tables.others_size = entry->d_un.d_val;
        break;
      default:
        break;
    }
  if (!has_addends) tables.slots_size = 0;
  if (!tables.symbols || !tables.names) tables.slots_size = tables.others_size = 0;
  return tables;
}

void write_slot(module_tables const& module, ElfW(Addr) slot) {
  auto const page = static_cast<ElfW(Addr)>(sysconf(_SC_PAGESIZE));
  void* const begin = reinterpret_cast<void*>(slot & ~(page - 1));
  bool const is_protected = slot >= module.protected_begin && slot < module.protected_end;
  if (is_protected && mprotect(begin, page, PROT_READ | PROT_WRITE) != 0) return;
  throw_function const replacement = note_and_throw;
  std::memcpy(reinterpret_cast<void*>(slot), &replacement, sizeof replacement);
  if (is_protected) mprotect(begin, page, PROT_READ);
}

void replace_in(module_tables const& module, ElfW(Rela) const* entries, std::size_t size) {
  for (ElfW(Rela) const* entry = entries; size >= sizeof *entry; size -= sizeof *entry, ++entry) {
    if (!fills_slot(ELF64_R_TYPE(entry->r_info))) continue;
    ElfW(Sym) const& symbol = module.symbols[ELF64_R_SYM(entry->r_info)];
    if (std::strcmp(module.names + symbol.st_name, "__cxa_throw") == 0) write_slot(module, module.base + entry->r_offset);
  }
}

bool has_symbol(char const* name) { return dlsym(RTLD_DEFAULT, name) != nullptr; }

/// The function of the C++ library; null where it cannot be told from a stub of the program, or a sanitizer has its own.
throw_function find_real_throw() {
  if (has_symbol("__asan_init") || has_symbol("__tsan_init") || has_symbol("__msan_init")) return nullptr;
  void* const found = dlsym(RTLD_NEXT, "__cxa_throw");
  return reinterpret_cast<throw_function>(found);
}

}  // namespace

bool throws_are_traced() noexcept { return real_throw != nullptr; }

void trace_throws() {
  if (!real_throw) real_throw = find_real_throw();
  if (!real_throw) return;
  note unused;
  walk w{unused, 0};
  _Unwind_Backtrace(note_frame, &w);  // the first call may load the unwinder
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void*) -> int {
        module_tables const module = read_tables(*info);
        replace_in(module, module.slots, module.slots_size);
        replace_in(module, module.others, module.others_size);
        return 0;
      },
      nullptr);
}

throw_trace_end::throw_trace_end(void const* frame) noexcept : outer_(end_of_notes) { end_of_notes = frame; }
throw_trace_end::~throw_trace_end() { end_of_notes = outer_; }

std::vector<std::uintptr_t> throw_trace(std::exception_ptr const& e) {
  static_assert(sizeof e == sizeof(void*));
  void const* object = nullptr;
  std::memcpy(&object, static_cast<void const*>(&e), sizeof object);  // all that libstdc++'s exception_ptr holds
  std::lock_guard const lock(notes_mutex);
  for (std::size_t age = 1; object && age <= std::min(next_note, notes.size()); ++age) {
    note const& n = notes[(next_note - age) % notes.size()];
    if (n.object == object) return {n.stack.begin(), n.stack.begin() + static_cast<std::ptrdiff_t>(n.depth)};
  }
  return {};
}

}  // namespace halka::detail
