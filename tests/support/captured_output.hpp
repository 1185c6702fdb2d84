// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <string>
#include <utility>

namespace halka::test {

/// Turns a descriptor of this process into a temporary file while it lives, and keeps what was written.
class captured_output {
 public:
  /// 1 for what the program prints, 2 for what it reports.
  explicit captured_output(int fd);
  ~captured_output();
  captured_output(captured_output const&) = delete;
  captured_output& operator=(captured_output const&) = delete;

  std::string text() const;

 private:
  int fd_;
  int before_;
  int file_;
};

/// What `fn` prints to stdout.
template <std::invocable F>
std::string printed_by(F&& fn) {
  captured_output const out(1);
  std::forward<F>(fn)();
  return out.text();
}

}  // namespace halka::test
