// SPDX-License-Identifier: MIT
#include "pool_job.hpp"

namespace halka::detail {

pool_job::~pool_job() = default;

}  // namespace halka::detail
