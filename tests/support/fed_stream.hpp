// SPDX-License-Identifier: MIT
#pragma once

#include "descriptors.hpp"

#include <halka/halka.hpp>

#include <string_view>

namespace halka::test {

/// A stream, and the plain socket at its other end.
struct fed_stream {
  explicit fed_stream(stream_options const& options = {});
  /// Lets the stream receive this.
  void feed(std::string_view text) const;
  void end() { peer.close(); }

  stream s;
  descriptor peer;
};

}  // namespace halka::test
