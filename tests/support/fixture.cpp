// SPDX-License-Identifier: MIT
#include "fixture.hpp"

#include <algorithm>

namespace halka::test {

std::string kind(std::exception_ptr const& e) {
  if (!e) return "none";
  // "halka::test::boom: text" -> "boom"
  std::string text = describe(e);
  text.resize(std::min(text.find(": "), text.find(" (")) == std::string::npos ? text.size()
                                                                              : std::min(text.find(": "), text.find(" (")));
  if (auto const colons = text.rfind("::"); colons != std::string::npos) text.erase(0, colons + 2);
  return text;
}

}  // namespace halka::test
