# SPDX-License-Identifier: MIT
"""What is measured, how much of it, and how fast halka must be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    name: str
    title: str
    key: str  # what halka's contender calls it
    units: int
    alive: int = 1
    limit: str = ""  # what the limit program calls it, if not the same
    peer: str = ""  # what the peers call it, if not the same
    ratio: float = 0  # halka / limit, at most; 0: no target of its own
    beats_peers: bool = False  # the target is to be faster than every peer
    bytes_each: int = 0  # at most; 0: memory is not shown
    late_ms: float = 0  # the latest timer, at most; 0: not shown
    quick_units: int = 0  # if not a quarter
    family: str = "tasks"
    measure: str = "cpu_ns"  # or "wall_ns": where a device or other processes do the work

    def key_of(self, role):
        return {"limit": self.limit, "peer": self.peer}.get(role) or self.key

    def units_of(self, quick, scale=1):
        units = (self.quick_units or self.units // 4) if quick else self.units
        return max(units // scale, 1)


MILLION = 1_000_000


def direct_reads(name, title, units, alive):
    return Workload(name, title, "read_direct", units, alive, ratio=1.03, family="files", measure="wall_ns")


def processes(name, title, units, alive):
    return Workload(name, title, "process", units, alive, ratio=1.05, family="processes", measure="wall_ns")


def pool(name, title, units, alive, ratio):
    return Workload(name, title, "pool", units, alive, ratio=ratio, family="processes", measure="wall_ns")


WORKLOADS = [
    Workload("await", "await a child coroutine", "await", 20 * MILLION, ratio=1.5),
    Workload(
        "spawn_million",
        "start and join 1e6 tasks alive at once",
        "spawn",
        MILLION,
        MILLION,
        ratio=1.6,
        bytes_each=256,
        quick_units=MILLION,
    ),
    Workload("spawn", "start and join, 1000 alive at a time", "spawn", 8 * MILLION, 1000, ratio=2),
    Workload("spawn_arguments", "the same, with spawn(fn, args...)", "spawn_arguments", 4 * MILLION, 1000, "spawn", "spawn"),
    Workload("gather", "the same, with gather(vector)", "gather", 4 * MILLION, 1000, "spawn"),
    Workload("create_await", "the same, create_task and await each handle", "create_await", 4 * MILLION, 1000, "spawn"),
    Workload("yield_2", "yield, 2 tasks", "yield", 40 * MILLION, 2, ratio=1.25),
    Workload("yield_1000", "yield, 1000 tasks", "yield", 40 * MILLION, 1000, ratio=1.25),
    Workload("event", "round trip between two tasks, events", "event", 8 * MILLION, limit="ping", ratio=3),
    Workload("semaphore", "round trip between two tasks, semaphores", "semaphore", 8 * MILLION, limit="ping", ratio=3),
    Workload("channel", "round trip between two tasks, channels", "channel", 8 * MILLION, limit="ping"),
    Workload("message", "message to another thread's loop and back, on one core", "message", MILLION // 2, ratio=1.25),
    Workload("message_cores", "the same on all cores: time on the wall", "message_cores", MILLION // 4, measure="wall_ns"),
    Workload("many_to_many", "from 4 loops to 4 loops: time on the wall", "many_to_many", 2 * MILLION, 4, measure="wall_ns"),
    Workload("to_thread", "a call on a worker thread and its result, on one core", "to_thread", MILLION // 2, ratio=1.25),
    Workload("to_thread_64", "the same, 64 at a time", "to_thread", 4 * MILLION, 64, ratio=3),
    Workload("to_thread_cores", "one at a time on all cores: time on the wall", "to_thread_cores", MILLION // 2, measure="wall_ns"),
    Workload("queue", "round trip between two tasks, queues of one", "queue", 8 * MILLION, ratio=3),
    Workload("lock", "take and release a free lock", "lock", 40 * MILLION, ratio=3),
    Workload("lock_pass", "a lock goes between two tasks", "lock_pass", 16 * MILLION, ratio=3),
    Workload(
        "sleep_million",
        "1e6 sleeping tasks, random deadlines in 1 s",
        "sleep",
        MILLION,
        MILLION,
        ratio=1.3,
        bytes_each=320,
        late_ms=2,
        quick_units=MILLION,
    ),
    Workload("wait_for", "wait_for around a ready await", "wait_for", 4 * MILLION, beats_peers=True),
    Workload("sleep_beside", "a 10 ms sleeper beside 1000 yielding tasks", "sleep_beside", 40 * MILLION, 1000, late_ms=2),
    Workload("read_1", "random 4 KiB reads of a cached file, 1 at a time", "read", MILLION // 2, 1, ratio=1.05, family="files"),
    Workload("read_32", "the same, 32 at a time", "read", MILLION // 2, 32, ratio=1.05, family="files"),
    Workload("read_128", "the same, 128 at a time", "read", MILLION // 2, 128, ratio=1.05, family="files"),
    direct_reads("read_direct_1", "O_DIRECT, 1 at a time: time on the wall", 4_000, 1),
    direct_reads("read_direct_32", "the same, 32 at a time", 32_000, 32),
    direct_reads("read_direct_128", "the same, 128 at a time", 32_000, 128),
    processes("process_1", "start /bin/true and await its end: time on the wall", 800, 1),
    processes("process_8", "the same, 8 at a time", 1_600, 8),
    pool("pool_1", "process_pool.submit, 1 in flight, one core: time on the wall", MILLION // 5, 1, ratio=2),
    pool("pool_64", "the same, 64 in flight", MILLION, 64, ratio=8),
    Workload(
        "pool_map",
        "process_pool.map of 100 000 ints, one int: time on the wall",
        "pool_map",
        4 * MILLION,
        100_000,
        beats_peers=True,
        family="processes",
        measure="wall_ns",
    ),
]

FAMILIES = sorted({w.family for w in WORKLOADS})

# The growth curve: cost of a unit while so many of them are alive.
GROWTH = [
    Workload("task", "start and join, so many alive", "spawn", 4 * MILLION),
    Workload("timer", "sleep and wake, so many asleep", "sleep", MILLION),
]
GROWTH_SIZES = [1_000, 10_000, 100_000, MILLION]
GROWTH_AT_MOST = 1.5
