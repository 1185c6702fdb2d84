// SPDX-License-Identifier: MIT
#include "fixture.hpp"

#include <algorithm>

namespace halka::test {

namespace {

std::mutex mutex;
std::vector<std::string>& collected() {
  static std::vector<std::string> texts;
  return texts;
}

void collect(std::string_view text) {
  std::lock_guard const lock(mutex);
  collected().emplace_back(text);
}

}  // namespace

captured_reports::captured_reports() : previous_(set_report_sink(collect)) {
  std::lock_guard const lock(mutex);
  collected().clear();
}

captured_reports::~captured_reports() { set_report_sink(previous_); }

std::vector<std::string> captured_reports::texts() const {
  std::lock_guard const lock(mutex);
  return collected();
}

std::size_t captured_reports::count(std::string_view text) const {
  std::lock_guard const lock(mutex);
  return static_cast<std::size_t>(
      std::ranges::count_if(collected(), [text](std::string const& s) { return s.find(text) != std::string::npos; }));
}

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
