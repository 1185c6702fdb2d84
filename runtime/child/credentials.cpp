// SPDX-License-Identifier: MIT
#include "credentials.hpp"

#include <unistd.h>
#include <cstddef>

namespace halka::detail {

credentials credentials::now() {
  credentials c;
  getresuid(&c.users[0], &c.users[1], &c.users[2]);
  getresgid(&c.groups[0], &c.groups[1], &c.groups[2]);
  if (int const count = getgroups(0, nullptr); count > 0) {
    c.more_groups.resize(static_cast<std::size_t>(count));
    int const got = getgroups(count, c.more_groups.data());
    c.more_groups.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  }
  return c;
}

}  // namespace halka::detail
