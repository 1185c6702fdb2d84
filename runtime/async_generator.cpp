// SPDX-License-Identifier: MIT
#include "async_generator.hpp"

namespace halka::detail {

void throw_generator_in_use() { throw std::logic_error("async_generator::next: another task is in next() already"); }

void throw_empty_generator() { throw std::logic_error("async_generator::next: the generator was moved from"); }

}  // namespace halka::detail
