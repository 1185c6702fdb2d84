#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the model that halka is compared with: runs random programs under the asyncio of this Python and compares what every
step came to.

usage: against_python.py SHOW_PROGRAMS FIRST COUNT
       against_python.py SHOW_PROGRAMS FOLDER

It needs Python 3.13 or newer, whose rules the model has, and looks for one. Three things that CPython leaves to chance are fixed here: the order of
timers with one deadline, of the tasks that a group, `wait` or `as_completed` cancels or looks at, and time. What asyncio has not
(scopes, races; the cancel of a group, 3.15) is replaced in the programs by what is most like it.
"""

import asyncio
import heapq
import json
import selectors
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

MOPS_UP_AT, MOPS_UP_EVERY, MOST_MOPS = 1000, 50, 100


class Planned(Exception):
    pass


class Never(selectors.SelectSelector):
    """Does not sleep: time jumps."""

    def __init__(self):
        super().__init__()
        self.loop = None

    def select(self, timeout=None):
        if timeout is None or timeout > 0:
            timers = [t for t in self.loop._scheduled if not t._cancelled]
            if timers:
                self.loop.now = max(self.loop.now, min(t._when for t in timers))
        return []


class OrderedTimer(asyncio.TimerHandle):
    count = 0

    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        OrderedTimer.count += 1
        self.order = OrderedTimer.count

    def __lt__(self, other):
        return (self._when, self.order) < (other._when, other.order)


class Loop(asyncio.SelectorEventLoop):
    """Time is a number of milliseconds."""

    def __init__(self):
        selector = Never()
        super().__init__(selector)
        selector.loop = self
        self.now = 0
        self._clock_resolution = 0.5  # what is due now is due

    def time(self):
        return self.now

    def call_at(self, when, callback, *arguments, context=None):
        timer = OrderedTimer(when, callback, arguments, self, context)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer


class OrderedSet(dict):
    def add(self, item):
        self[item] = None

    def discard(self, item):
        self.pop(item, None)

    def __iter__(self):
        return iter(list(self.keys()))


class Group(asyncio.TaskGroup):
    def __init__(self):
        super().__init__()
        self._tasks = OrderedSet()


def told(error):
    if isinstance(error, asyncio.CancelledError):
        return "cancelled"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, asyncio.BrokenBarrierError):
        return "broken"
    if isinstance(error, BaseExceptionGroup):
        return "group(" + " ".join(told(e) for e in error.exceptions) + ")"
    if isinstance(error, Planned):
        return str(error)
    return f"unplanned {error!r}"


def told_end(task):
    if task.cancelled():
        return "cancelled"
    return told(task.exception()) if task.exception() else "ok"


class Interpreter:
    def __init__(self, program):
        self.program = program
        self.trace = []
        self.tasks = []
        self.begun = 0
        self.events = [asyncio.Event(), asyncio.Event()]
        self.locks = [asyncio.Lock(), asyncio.Lock()]
        self.semaphore = asyncio.Semaphore(2)
        self.queue = asyncio.Queue(1)
        self.condition = asyncio.Condition(self.locks[1])
        self.barriers = [asyncio.Barrier(2), asyncio.Barrier(3)]
        self.over = False

    async def run(self):
        for block in self.program:
            self.start(block)
        await asyncio.sleep(MOPS_UP_AT)
        for _ in range(MOST_MOPS):
            if all(t.done() for t in self.tasks):
                break
            for task in list(self.tasks):
                task.cancel()
            await asyncio.sleep(MOPS_UP_EVERY)
        for i, task in enumerate(self.tasks):
            self.trace.append(f"task {i}: {told_end(task) if task.done() else 'unfinished'}")
        self.over = True

    def note(self, who, step, outcome):
        if not self.over:
            count = asyncio.current_task().cancelling()
            self.trace.append(f"{asyncio.get_running_loop().now} t{who} {step[0]}{step[1]} {outcome or 'ok'} c{count}")

    def start(self, block):
        self.tasks.append(asyncio.create_task(self.listed(block, len(self.tasks), None)))

    def above(self, floor, n):
        if len(self.tasks) <= floor + 1:
            return None
        return self.tasks[floor + 1 + n % (len(self.tasks) - floor - 1)]

    async def listed(self, block, index, group):
        self.begun += 1
        await self.block(block, (index, self.begun, group))

    async def unlisted(self, block, place):
        self.begun += 1
        await self.block(block, (place[0], self.begun, None))

    async def block(self, block, place):
        for step in block:
            try:
                outcome = await self.step(step, place)
            except BaseException as error:
                self.note(place[1], step, told(error))
                raise
            self.note(place[1], step, outcome)

    async def step(self, step, place):
        verb, number, a, b, body, other = step
        task = self.above(place[0], b if verb == "wait_for" else a)
        match verb:
            case "sleep":
                await asyncio.sleep(a)
            case "spawn":
                self.start(body)
            case "join":
                if task:
                    await task
            case "cancel":
                return "asked" if self.tasks[a % len(self.tasks)].cancel() else "too late"
            case "uncancel":
                return str(asyncio.current_task().uncancel())
            case "timeout":
                async with asyncio.timeout(a):
                    await self.block(body, place)
            case "wait_for":
                if task:
                    await asyncio.wait_for(task, 1 + a)
            case "group":
                async with Group() as group:
                    await self.block(body, (place[0], place[1], group))
            case "group_spawn":
                return self.spawn_in_group(body, place)
            case "gather":
                return await self.gather(self.unlisted(body, place), self.unlisted(other, place), b)
            case "gather_task":
                if task:
                    return await self.gather(task, self.unlisted(body, place), b)
            case "shield":
                await asyncio.shield(self.unlisted(body, place))
            case "shield_task":
                if task:
                    await asyncio.shield(task)
            case "wait":
                return await self.wait(a, b, place)
            case "set":
                self.events[a % 2].set()
            case "clear":
                self.events[a % 2].clear()
            case "event_wait":
                await self.events[a % 2].wait()
            case "lock":
                async with self.locks[a % 2]:
                    await self.block(body, place)
            case "semaphore":
                async with self.semaphore:
                    await self.block(body, place)
            case "put":
                await self.queue.put(number)
            case "get":
                return f"item{await self.queue.get()}"
            case "fail":
                raise Planned(f"boom{number}")
            case "attempt":
                return await self.attempt(step, place)
            case "as_completed":
                both = [asyncio.ensure_future(self.unlisted(block, place)) for block in (body, other)]
                return await self.as_completed(both, 1 if b % 2 else 2)
            case "as_completed_tasks":
                return await self.as_completed(self.two_above(a, b, place), 2)
            case "condition_wait":
                async with self.condition:
                    await self.condition.wait()
                    await self.block(body, place)
            case "condition_notify":
                async with self.condition:
                    await self.block(body, place)
                    self.condition.notify(1 + b % 3)
            case "barrier":
                return str(await self.barriers[a % 2].wait())
            case "break_barrier":
                barrier = self.barriers[a % 2]
                await (barrier.abort() if b % 2 else barrier.reset())
            case _:
                raise ValueError(verb)
        return ""

    def spawn_in_group(self, body, place):
        group = place[2]
        if not group:
            return "no group"
        coroutine = self.listed(body, len(self.tasks), group)
        try:
            self.tasks.append(group.create_task(coroutine))
        except RuntimeError:
            coroutine.close()
            return "refused"
        return ""

    async def gather(self, x, y, b):
        if b % 2 == 0:
            await asyncio.gather(x, y)
            return ""
        both = await asyncio.gather(x, y, return_exceptions=True)
        return "+".join(told(o) if isinstance(o, BaseException) else "ok" for o in both)

    def two_above(self, a, b, place):
        x, y = self.above(place[0], a), self.above(place[0], b)
        if not x:
            return []
        return [x] if x is y else [x, y]

    async def as_completed(self, tasks, most):
        # Like asyncio.as_completed, which makes a set of them.
        ended = asyncio.tasks._AsCompletedIterator([], None)
        for task in tasks:
            task.add_done_callback(ended._handle_completion)
        ended._todo, ended._todo_left = set(tasks), len(tasks)
        outcomes = []
        async for task in ended:
            outcomes.append(told_end(task))
            if len(outcomes) == most:
                break
        return "+".join(outcomes)

    async def wait(self, a, b, place):
        both = self.two_above(a, b, place)
        if not both:
            return ""
        when = (asyncio.FIRST_COMPLETED, asyncio.FIRST_EXCEPTION, asyncio.ALL_COMPLETED)[(a + b) % 3]
        # asyncio.wait makes a set of them, which has no order.
        await asyncio.tasks._wait(both, None, when, asyncio.get_running_loop())
        return f"{sum(t.done() for t in both)} done"

    async def attempt(self, step, place):
        _, number, a, _, body, other = step
        match a % 5:
            case 0:
                try:
                    await self.block(body, place)
                except asyncio.CancelledError:
                    return "caught cancelled"
            case 1:
                try:
                    await self.block(body, place)
                except asyncio.CancelledError:
                    await self.block(other, place)
                    raise
            case 2:
                try:
                    await self.block(body, place)
                except Exception as error:
                    caught = "caught " + told(error)
                    await self.block(other, place)
                    return caught
            case 3:
                try:
                    await self.block(body, place)
                finally:
                    await self.block(other, place)
            case 4:
                try:
                    await self.block(body, place)
                except asyncio.CancelledError:
                    raise Planned(f"boom{number}") from None
        return ""


def run(program):
    loop = Loop()
    loop.set_exception_handler(lambda *_: None)
    try:
        interpreter = Interpreter(program)
        loop.run_until_complete(interpreter.run())
        for task in asyncio.all_tasks(loop):
            task.cancel()
            task._log_destroy_pending = False
        return interpreter.trace
    finally:
        loop.close()


def newer_python():
    """One that has the rules of 3.13, if there is any."""
    names = ["python3.14", "python3.13"]
    places = sorted(Path.home().glob(".pyenv/versions/3.1[3-9]*/bin/python3"))
    for python in [*filter(None, map(shutil.which, names)), *map(str, places)]:
        if subprocess.run([python, "-c", ""], capture_output=True).returncode == 0:
            return python
    return None


def main():
    if sys.version_info < (3, 13):
        if python := newer_python():
            return subprocess.run([python, *sys.argv]).returncode
        print(f"skipped: Python {sys.version.split()[0]} has other rules than 3.13")
        return 0
    sys.unraisablehook = lambda _: None  # what is left of a program when its loop is closed
    warnings.simplefilter("ignore")
    output = subprocess.run(sys.argv[1:], capture_output=True, text=True, check=True).stdout
    compared = differ = 0
    shortest = None
    for line in output.splitlines():
        sample = json.loads(line)
        compared += 1
        trace = run(sample["program"])
        if trace != sample["trace"]:
            differ += 1
            if not shortest or len(line) < len(shortest[0]):
                shortest = (line, trace, sample)
    if shortest:
        print("program", shortest[2]["name"], json.dumps(shortest[2]["program"]))
        print("--- Python", *shortest[1], "--- model", *shortest[2]["trace"], sep="\n")
    print(f"{compared} programs, {differ} differ")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
