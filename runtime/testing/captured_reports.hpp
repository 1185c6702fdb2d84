// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../../sched/report.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace halka::testing {

/// Catches what halka reports (`set_report_sink`) while it lives, instead of letting it go to stderr. One may live inside another,
/// which then hears nothing.
///
/// *Thread safety*: reports may come from any thread; the object is made and destroyed in one.
class HALKA_API captured_reports {
 public:
  captured_reports();
  ~captured_reports();
  captured_reports(captured_reports const&) = delete;
  captured_reports& operator=(captured_reports const&) = delete;

  std::vector<std::string> texts() const;
  /// The number of reports that contain `text`.
  std::size_t count(std::string_view text) const;

 private:
  report_sink outer_sink_;
  std::vector<std::string> outer_texts_;
};

}  // namespace halka::testing
