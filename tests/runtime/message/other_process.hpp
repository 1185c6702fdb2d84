// SPDX-License-Identifier: MIT
#pragma once

#include <halka/runtime/message/message_writer.hpp>
#include <halka/runtime/message/remote_error.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace halka::test {

/// What a call in another process came to: the bytes of its result, or what it threw.
struct remote_outcome {
  std::vector<std::byte> result;
  std::optional<remote_error> error;
};

/// Makes a call in another process of this program: executed anew, so that everything lies elsewhere.
remote_outcome call_in_other_process(message_writer const& call);

/// The address of a function of this program in another process.
std::uintptr_t address_in_other_process();

}  // namespace halka::test
