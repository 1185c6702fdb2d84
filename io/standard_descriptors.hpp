// SPDX-License-Identifier: MIT
#pragma once

namespace halka {

/// Opens what is missing of the descriptors 0, 1 and 2, so that none of a program's own gets one of these numbers and is taken for
/// its standard input or output. Reading from such an input, and writing to such an output, fails with EBADF.
void occupy_standard_descriptors() noexcept;

}  // namespace halka
