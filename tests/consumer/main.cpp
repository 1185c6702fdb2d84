// SPDX-License-Identifier: MIT
#include <halka/halka.hpp>

static halka::task<int> answer() { co_return 42; }

int main() { return halka::run(answer()) == 42 ? 0 : 1; }
