// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/unique_fd.hpp"
#include "zygote_protocol.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace halka::detail {

/// Goes on as the child that the request asks for, in the copy of the zygote that was made for it.
[[noreturn]] void run_as_child(zygote_protocol::request const& r, std::span<std::byte const> inlined,
                               std::vector<unique_fd> descriptors, int zygote);

}  // namespace halka::detail
