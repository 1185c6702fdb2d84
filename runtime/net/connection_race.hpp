// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/socket_address.hpp"
#include "../../io/unique_fd.hpp"
#include "../../sched/task.hpp"
#include "open_connection.hpp"

#include <source_location>
#include <string>
#include <vector>

namespace halka::detail {

/// A socket that is connected to one of the addresses, all of which were tried for it. `what` follows the word "connect" in the
/// error.
task<unique_fd> connect_to_any(std::vector<socket_address> addresses, std::string what, connection_options options,
                               std::source_location here);

/// A socket that is connected to this address.
task<unique_fd> connect_to(socket_address to, connection_options options, std::source_location here);

/// The addresses with the families alternating, beginning with the first one's; each family keeps its order.
std::vector<socket_address> interleaved(std::vector<socket_address> const& addresses);

}  // namespace halka::detail
