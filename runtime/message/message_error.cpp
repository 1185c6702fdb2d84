// SPDX-License-Identifier: MIT
#include "message_error.hpp"

namespace halka {

message_error::message_error(std::string const& what) : runtime_error(what) {}
message_error::message_error(message_error const&) noexcept = default;
message_error& message_error::operator=(message_error const&) noexcept = default;
message_error::~message_error() = default;

}  // namespace halka
