// SPDX-License-Identifier: MIT
#include "workloads.hpp"

namespace {

constexpr bench::workload workloads[] = {
    {"await", bench::await_children},
    {"spawn", bench::group_create},
    {"spawn_arguments", bench::group_spawn},
    {"gather", bench::gather_range},
    {"create_await", bench::create_and_await},
    {"yield", bench::yields},
    {"event", bench::ping_events},
    {"semaphore", bench::ping_semaphores},
    {"channel", bench::ping_channels},
    {"message", bench::message_loops_on_one_core},
    {"message_cores", bench::message_loops},
    {"many_to_many", bench::many_to_many},
    {"to_thread", bench::thread_calls_on_one_core},
    {"to_thread_cores", bench::thread_calls},
    {"queue", bench::ping_queues},
    {"lock", bench::lock_free},
    {"lock_pass", bench::pass_lock},
    {"sleep", bench::sleepers},
    {"wait_for", bench::wait_for_ready},
    {"sleep_beside", bench::sleeper_beside_yields},
    {"read", bench::reads},
    {"read_direct", bench::direct_reads},
    {"process", bench::processes},
    {"pool", bench::call_pool},
    {"pool_map", bench::map_pool},
};

}  // namespace

int main(int argc, char** argv) { return bench::run_contender(argc, argv, workloads); }
