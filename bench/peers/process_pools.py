# SPDX-License-Identifier: MIT
"""The process pools of Python: process_pools.py executor|pool WORKLOAD UNITS ALIVE [WARM_UP]."""

import asyncio
import json
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor


def same(x):
    return x


def use_one_core():
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


async def call_often(pool, n):
    loop = asyncio.get_running_loop()
    for i in range(n):
        await loop.run_in_executor(pool, same, i)


async def call_executor(units, alive):
    use_one_core()
    with ProcessPoolExecutor(1) as pool:
        await call_often(pool, 10)
        begin = time.perf_counter()
        await asyncio.gather(*(call_often(pool, units // alive) for _ in range(alive)))
        return time.perf_counter() - begin


def map_often(pool_map, units, alive):
    numbers = list(range(alive))
    pool_map(numbers)
    begin = time.perf_counter()
    for _ in range(0, units, alive):
        pool_map(numbers)
    return time.perf_counter() - begin


def map_executor(units, alive):
    with ProcessPoolExecutor(2) as pool:
        return map_often(lambda numbers: list(pool.map(same, numbers, chunksize=max(alive // 8, 1))), units, alive)


def call_pool(units, alive):
    use_one_core()
    with multiprocessing.Pool(1) as pool:
        pool.apply(same, (0,))
        begin = time.perf_counter()
        pending = []
        for i in range(units):
            pending.append(pool.apply_async(same, (i,)))
            if len(pending) == alive:
                pending.pop(0).get()
        for result in pending:
            result.get()
        return time.perf_counter() - begin


def map_pool(units, alive):
    with multiprocessing.Pool(2) as pool:
        return map_often(lambda numbers: pool.map(same, numbers, chunksize=max(alive // 8, 1)), units, alive)


WORKLOADS = {
    "executor": {"pool": lambda *order: asyncio.run(call_executor(*order)), "pool_map": map_executor},
    "pool": {"pool": call_pool, "pool_map": map_pool},
}


def main():
    workloads = WORKLOADS[sys.argv[1]]
    if sys.argv[2] == "--list":
        print(*workloads, sep="\n")
        return
    units, alive = (int(n) for n in sys.argv[3:5])
    processor = time.process_time()
    wall = workloads[sys.argv[2]](units, alive)
    units = -(-units // alive) * alive
    processor = time.process_time() - processor
    print(json.dumps({"cpu_ns": processor / units * 1e9, "wall_ns": wall / units * 1e9, "bytes": 0}))


if __name__ == "__main__":
    main()
