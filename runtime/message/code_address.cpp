// SPDX-License-Identifier: MIT
#include "code_address.hpp"

#include "loaded_module.hpp"

#include <stdexcept>

namespace halka {

code_address code_address::locate(std::uintptr_t address) {
  code_address found;
  detail::loaded_module const& program = *detail::program_module();
  if (program.holds(address)) [[likely]] {
    found.offset_ = address - program.base;
    return found;
  }
  std::shared_ptr<detail::loaded_module const> const library = detail::module_of(address);
  if (!library)
    throw std::logic_error("a function that lies in no file cannot be called in another process (null, or made at run time)");
  found.in_library_ = true;
  found.offset_ = address - library->base;
  found.library_ = library->path;
  found.build_id_ = library->build_id;
  return found;
}

std::uintptr_t code_address::find() const {
  std::shared_ptr<detail::loaded_module const> const module =
      in_library_ ? detail::load_module(library_) : detail::program_module();
  if (in_library_ && module->build_id != build_id_)
    throw std::runtime_error(library_ +
                             " has changed since the program started: its functions cannot be called in another process");
  std::uintptr_t const address = module->base + offset_;
  if (!module->holds(address)) throw message_error("the message is garbled: no code lies where a function is said to be");
  return address;
}

}  // namespace halka
