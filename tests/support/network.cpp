// SPDX-License-Identifier: MIT
#include "network.hpp"

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace halka::test {

socket_directory::socket_directory() {
  std::string name = (std::filesystem::temp_directory_path() / "halka-XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::system_error(errno, std::system_category(), "mkdtemp");
  path = name;
}

socket_directory::~socket_directory() { std::filesystem::remove_all(path); }

}  // namespace halka::test
