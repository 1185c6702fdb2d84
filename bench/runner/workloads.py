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

    def key_of(self, role):
        return {"limit": self.limit, "peer": self.peer}.get(role) or self.key

    def units_of(self, quick, scale=1):
        units = (self.quick_units or self.units // 4) if quick else self.units
        return max(units // scale, 1)


MILLION = 1_000_000

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
]

# The growth curve: cost of a unit while so many of them are alive.
GROWTH = [
    Workload("task", "start and join, so many alive", "spawn", 4 * MILLION),
    Workload("timer", "sleep and wake, so many asleep", "sleep", MILLION),
]
GROWTH_SIZES = [1_000, 10_000, 100_000, MILLION]
GROWTH_AT_MOST = 1.5
