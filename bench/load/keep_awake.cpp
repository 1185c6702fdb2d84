// SPDX-License-Identifier: MIT
// Keeps the processor that it is pinned to from halting, and runs only when nothing else wants to (SCHED_IDLE): waking a halted
// processor of a virtual machine takes longer than most of what is measured.
#include <sched.h>

int main() {
  sched_param const none{};
  if (sched_setscheduler(0, SCHED_IDLE, &none) != 0) return 1;
  for (unsigned volatile spins = 0;;) spins = spins + 1;
}
