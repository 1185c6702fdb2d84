// SPDX-License-Identifier: MIT
// Python:
//
//     def task():
//         print("Running")
//     threading.Thread(target=task).start()        # no join: the interpreter joins at exit
//
// A std::jthread joins in its destructor, so nothing is lost here either. The other way is halka's: `run` waits at its end for
// every call that still runs on a worker thread, see a7_start_and_join.
//
// Run it: ./dev demo a3_thread
#include <cstdio>
#include <thread>

void task() { std::puts("Running"); }

int main() { std::jthread const thread(task); }
