// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/unique_fd.hpp"
#include "../message/message_error.hpp"
#include "../message/message_reader.hpp"
#include "zygote_protocol.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace halka::detail {

/// A message out of what came with a request to the zygote: it takes its bytes and descriptors away from both.
///
/// *Errors*: `message_error` if there are not so many.
class arrived_message {
 public:
  arrived_message(zygote_protocol::message_part const& part, std::span<std::byte const>& inlined,
                  std::span<unique_fd>& descriptors) {
    unique_fd memory;
    if (part.in_memory != 0) {
      check(!descriptors.empty());
      memory = std::move(descriptors.front());
      descriptors = descriptors.subspan(1);
    }
    check(part.descriptors <= descriptors.size());
    std::span<unique_fd> const own = descriptors.first(part.descriptors);
    descriptors = descriptors.subspan(part.descriptors);
    if (part.in_memory != 0) {
      reader_ = std::make_unique<message_reader>(std::move(memory), own);
      return;
    }
    check(part.size <= inlined.size());
    reader_ = std::make_unique<message_reader>(inlined.first(part.size), own);
    inlined = inlined.subspan(part.size);
  }
  message_reader& reader() noexcept { return *reader_; }

 private:
  static void check(bool good) {
    if (!good) throw message_error("a request to the zygote is cut off");
  }
  std::unique_ptr<message_reader> reader_;
};

}  // namespace halka::detail
