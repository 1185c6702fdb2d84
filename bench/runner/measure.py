# SPDX-License-Identifier: MIT
"""Runs contenders, one process at a time, and takes statistics."""

import json
import re
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass, field

TIMEOUT = 120


@dataclass
class Series:
    """The results of one contender for one workload, one per round."""

    runs: list = field(default_factory=list)

    def values(self, what):
        return [run[what] for run in self.runs if what in run]

    def median(self, what="cpu_ns"):
        values = self.values(what)
        return statistics.median(values) if values else None

    def summary(self, what="cpu_ns"):
        values = self.values(what)
        return {"median": statistics.median(values), "min": min(values), "max": max(values)} if values else None


def ratios(one, other, what="cpu_ns"):
    """one / other, round by round: both ran within seconds, so what slows the machine slows both."""
    return [a / b for a, b in zip(one.values(what), other.values(what)) if b > 0]


class Progress:
    def __init__(self, total):
        self.total, self.done, self.shown = total, 0, 0

    def step(self, text):
        self.done += 1
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K[{self.done}/{self.total}] {text}")
            sys.stderr.flush()
        elif 20 * self.done // self.total > self.shown:
            self.shown = 20 * self.done // self.total
            print(f"{100 * self.done // self.total} % ({text})", file=sys.stderr, flush=True)

    def end(self):
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K")


def run_once(contender, key, units, alive, warm_up=0, prefix=()):
    """One process; None if it fails, which is said."""
    command = [*prefix, *contender.command, key, str(units), str(alive), str(warm_up)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        print(f"\n{contender.name} {key}: no end after {TIMEOUT} s", file=sys.stderr)
        return None
    if done.returncode != 0:
        print(f"\n{contender.name} {key}: exit code {done.returncode}: {done.stderr.strip()[-300:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout)


def less_work(contender, workload, quick):
    """Peers are slower and only there to compare: they do a quarter, unless the number that is alive matters."""
    return 4 if contender.role == "peer" and (quick or workload.units > workload.alive) else 1


def measure(workload, contenders, rounds, peer_rounds, quick, prefix, progress):
    """{contender name: Series}, the contenders one after the other in each round, every second round backwards."""
    able = [c for c in contenders if c.can_do(workload)]
    results = {c.name: Series() for c in able}
    failed = set()
    for number in range(rounds):
        for contender in able if number % 2 == 0 else reversed(able):
            if contender.name in failed or (contender.role == "peer" and number >= peer_rounds):
                continue
            progress.step(f"{workload.name}: {contender.name}")
            units = workload.units_of(quick, contender.scale * less_work(contender, workload, quick))
            if workload.alive <= 1000:
                units = max(units, 4 * workload.alive)  # each of those alive does some
            # Slow contenders keep fewer alive too, but never less than the work that is left.
            alive = min(workload.alive, max(units, 1000)) if workload.alive > 1000 else workload.alive
            result = run_once(contender, contender.key(workload), units, alive, prefix=prefix)
            if result is None:
                failed.add(contender.name)
            else:
                results[contender.name].runs.append(result)
    return {name: series for name, series in results.items() if series.runs}


# --- Instructions per unit: the same on a busy machine --------------------------------------------


def count_tool():
    """The command that counts instructions, and how it says the number; None if there is none."""
    if shutil.which("perf"):
        probe = subprocess.run(["perf", "stat", "-x,", "-e", "instructions:u", "true"], capture_output=True, text=True)
        if re.search(r"^\d+,", probe.stderr, re.M):
            return ["perf", "stat", "-x,", "-e", "instructions:u"], r"^(\d+),"
    if shutil.which("valgrind"):
        options = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
        return ["valgrind", *options], r"I\s+refs:\s+([\d,]+)"
    return None


def count_instructions(contender, workload, tool):
    """User-mode instructions per unit: the difference of two runs, so that the start costs nothing."""
    command, pattern = tool
    key, alive = contender.key(workload), workload.alive
    small = max(2 * alive, 2000) if alive <= 1000 else 2000
    counts = []
    for units in (small, 6 * small):
        held = alive if alive <= 1000 else units
        order = [*contender.command, key, str(units), str(held)]
        done = subprocess.run([*command, *order], capture_output=True, text=True)
        found = re.search(pattern, done.stderr, re.M)
        if done.returncode != 0 or not found:
            return None
        counts.append(int(found[1].replace(",", "")))
    return (counts[1] - counts[0]) / (5 * small)
