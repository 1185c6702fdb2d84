# SPDX-License-Identifier: MIT
"""The workloads on Python's asyncio: asyncio_peer.py asyncio|uvloop WORKLOAD UNITS ALIVE [WARM_UP]."""

import asyncio
import json
import os
import random
import sys
import threading
import time

LATENESS_SAMPLE = 16
PIECE = 4096
late = []


def peak_memory():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


class Meter:
    def start(self):
        self.memory = peak_memory()
        self.wall = time.perf_counter()
        self.processor = time.process_time()

    def stop(self):
        self.processor = time.process_time() - self.processor
        self.wall = time.perf_counter() - self.wall
        self.memory = peak_memory() - self.memory


async def child(i):
    return i


async def leaf(i):
    pass


async def repeat(batch, meter, units, alive, warm_up):
    for _ in range(0, warm_up, alive):
        await batch(alive)
    meter.start()
    for _ in range(0, units, alive):
        await batch(alive)
    meter.stop()


async def await_children(meter, units, alive, warm_up):
    meter.start()
    for i in range(units):
        await child(i)
    meter.stop()


async def spawn_and_join(n):
    async with asyncio.TaskGroup() as group:
        for i in range(n):
            group.create_task(leaf(i))


async def gather_all(n):
    await asyncio.gather(*(leaf(i) for i in range(n)))


async def create_all_await_all(n):
    for task in [asyncio.create_task(leaf(i)) for i in range(n)]:
        await task


async def yield_often(n):
    for _ in range(n):
        await asyncio.sleep(0)


async def yields(meter, units, alive, warm_up):
    meter.start()
    await asyncio.gather(*(yield_often(units // alive) for _ in range(alive)))
    meter.stop()


async def serve(here, there, n):
    for _ in range(n):
        there.set()
        await here.wait()
        here.clear()


async def answer(here, there, n):
    for _ in range(n):
        await here.wait()
        here.clear()
        there.set()


async def ping_events(meter, units, alive, warm_up):
    left, right = asyncio.Event(), asyncio.Event()
    meter.start()
    await asyncio.gather(answer(right, left, units), serve(left, right, units))
    meter.stop()


async def serve_permits(here, there, n):
    for _ in range(n):
        there.release()
        await here.acquire()


async def answer_permits(here, there, n):
    for _ in range(n):
        await here.acquire()
        there.release()


async def ping_semaphores(meter, units, alive, warm_up):
    left, right = asyncio.Semaphore(0), asyncio.Semaphore(0)
    meter.start()
    await asyncio.gather(answer_permits(right, left, units), serve_permits(left, right, units))
    meter.stop()


async def ask(questions, answers, n):
    for i in range(n):
        await questions.put(i)
        await answers.get()


async def reply(questions, answers, n):
    for _ in range(n):
        await answers.put(await questions.get())


async def ping_queues(meter, units, alive, warm_up):
    questions, answers = asyncio.Queue(1), asyncio.Queue(1)
    meter.start()
    await asyncio.gather(reply(questions, answers, units), ask(questions, answers, units))
    meter.stop()


async def take_free_lock(meter, units, alive, warm_up):
    lock = asyncio.Lock()
    meter.start()
    for _ in range(units):
        await lock.acquire()
        lock.release()
    meter.stop()


async def take_turns(lock, n):
    await lock.acquire()
    await asyncio.sleep(0)
    for _ in range(n):
        lock.release()
        await lock.acquire()
    lock.release()


async def pass_lock(meter, units, alive, warm_up):
    lock = asyncio.Lock()
    meter.start()
    await asyncio.gather(take_turns(lock, units // 2), take_turns(lock, units // 2))
    meter.stop()


async def sleeper(delay, sampled):
    due = time.monotonic() + delay
    await asyncio.sleep(delay)
    if sampled:
        late.append(time.monotonic() - due)


async def sleep_and_join(n):
    span = n * 1e-6
    async with asyncio.TaskGroup() as group:
        for i in range(n):
            group.create_task(sleeper(span * (1 + random.random()), i % LATENESS_SAMPLE == 0))


async def sleep_briefly(stop):
    while not stop:
        due = time.monotonic() + 0.01
        await asyncio.sleep(0.01)
        late.append(time.monotonic() - due)


async def sleep_beside_yields(meter, units, alive, warm_up):
    stop = []
    meter.start()
    sleeper = asyncio.create_task(sleep_briefly(stop))
    await asyncio.gather(*(yield_often(units // alive) for _ in range(alive)))
    stop.append(True)
    await sleeper
    meter.stop()


async def read_often(fd, pieces, n):
    for _ in range(n):
        got = await asyncio.to_thread(os.pread, fd, PIECE, random.randrange(pieces) * PIECE)
        assert len(got) == PIECE


async def read_in_threads(meter, units, alive, warm_up):
    fd = os.open(os.environ["HALKA_BENCH_FILE"], os.O_RDONLY)
    pieces = os.fstat(fd).st_size // PIECE
    meter.start()
    await asyncio.gather(*(read_often(fd, pieces, units // alive) for _ in range(alive)))
    meter.stop()


async def start_often(n):
    for _ in range(n):
        process = await asyncio.create_subprocess_exec("/bin/true")
        assert await process.wait() == 0


async def start_processes(meter, units, alive, warm_up):
    meter.start()
    await asyncio.gather(*(start_often(units // alive) for _ in range(alive)))
    meter.stop()


def use_one_core():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


async def call_often(n):
    for i in range(n):
        await asyncio.to_thread(int, i)


async def call_in_threads(meter, units, alive, warm_up):
    await call_often(10)
    meter.start()
    await asyncio.gather(*(call_often(units // alive) for _ in range(alive)))
    meter.stop()


async def exchange_messages(meter, units, alive, warm_up):
    here, there = asyncio.get_running_loop(), asyncio.new_event_loop()
    other = threading.Thread(target=there.run_forever)
    other.start()
    meter.start()
    for _ in range(units):
        back = here.create_future()
        there.call_soon_threadsafe(here.call_soon_threadsafe, back.set_result, None)
        await back
    meter.stop()
    there.call_soon_threadsafe(there.stop)
    other.join()


def on_one_core(workload):
    def start(*order):
        use_one_core()
        return workload(*order)

    return start


async def wait_for_ready(meter, units, alive, warm_up):
    meter.start()
    for i in range(units):
        await asyncio.wait_for(child(i), 1)
    meter.stop()


def in_batches(batch):
    return lambda meter, *order: repeat(batch, meter, *order)


WORKLOADS = {
    "await": await_children,
    "spawn": in_batches(spawn_and_join),
    "gather": in_batches(gather_all),
    "create_await": in_batches(create_all_await_all),
    "yield": yields,
    "event": ping_events,
    "semaphore": ping_semaphores,
    "queue": ping_queues,
    "lock": take_free_lock,
    "lock_pass": pass_lock,
    "sleep": in_batches(sleep_and_join),
    "wait_for": wait_for_ready,
    "sleep_beside": sleep_beside_yields,
    "to_thread": on_one_core(call_in_threads),
    "to_thread_cores": call_in_threads,
    "message": on_one_core(exchange_messages),
    "message_cores": exchange_messages,
    "read": read_in_threads,
    "process": start_processes,
}


def main():
    if sys.argv[1] == "uvloop":
        import uvloop

        uvloop.install()
    if sys.argv[2] == "--list":
        print(*WORKLOADS, sep="\n")
        return
    units, alive, warm_up = (int(n) for n in (sys.argv[3:] + ["0"])[:3])
    meter = Meter()
    asyncio.run(WORKLOADS[sys.argv[2]](meter, units, alive, warm_up))
    if sys.argv[2] not in ("yield", "sleep_beside"):
        units = -(-units // alive) * alive
    result = {"cpu_ns": meter.processor / units * 1e9, "wall_ns": meter.wall / units * 1e9, "bytes": meter.memory / alive}
    if late:
        late.sort()
        result |= {"late_p99_ms": late[len(late) * 99 // 100] * 1e3, "late_max_ms": late[-1] * 1e3}
    print(json.dumps(result))


main()
