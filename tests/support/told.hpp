// SPDX-License-Identifier: MIT
#pragma once

#include <halka/halka.hpp>

#include <string>

namespace halka::test {

/// A pipe in which a process of this program tells a test something.
class told {
 public:
  /// The end for the process; it can be given once.
  unique_fd pen() { return std::move(ends_.write_end); }

  /// All that was written, when everybody who could write has ended. Blocks.
  std::string text();
  /// The next line, without its end; empty at the end. Blocks.
  std::string line();

 private:
  pipe_ends ends_ = make_pipe();
};

/// Writes for a test.
void tell(unique_fd const& pen, std::string const& text);

}  // namespace halka::test
