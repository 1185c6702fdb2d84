// SPDX-License-Identifier: MIT
#include "captured_reports.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace halka::testing {

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

captured_reports::captured_reports() : outer_sink_(set_report_sink(collect)) {
  std::lock_guard const lock(mutex);
  std::swap(outer_texts_, collected());
}

captured_reports::~captured_reports() {
  set_report_sink(outer_sink_);
  std::lock_guard const lock(mutex);
  std::swap(outer_texts_, collected());
}

std::vector<std::string> captured_reports::texts() const {
  std::lock_guard const lock(mutex);
  return collected();
}

std::size_t captured_reports::count(std::string_view text) const {
  std::lock_guard const lock(mutex);
  return static_cast<std::size_t>(
      std::ranges::count_if(collected(), [text](std::string const& s) { return s.find(text) != std::string::npos; }));
}

}  // namespace halka::testing
