// SPDX-License-Identifier: MIT
// Python:
//
//     def task():
//         print("Working")
//     thread = threading.Thread(target=task)
//     thread.start()
//     thread.join()
//
// Starting a thread and waiting for it is one await here: other tasks of the loop run meanwhile, and what the function returns or
// throws comes back.
//
// Run it: ./dev demo a7_start_and_join
#include <halka/halka.hpp>

#include <cstdio>

void work() { std::puts("Working"); }

halka::task<> async_main() { co_await halka::to_thread(work); }

int main() { halka::run(async_main()); }
