# SPDX-License-Identifier: MIT
"""The command halka-bench."""

import argparse
import contextlib
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from contenders import find_contenders
from echo import echo_as_json, print_echo, run_echo
from growth import growth_table, measure_growth
from measure import Progress, count_instructions, count_tool, measure
from tables import judge, main_table, others_table
from workloads import FAMILIES, GROWTH, GROWTH_SIZES, WORKLOADS

DESCRIPTION = """Compares halka with its limits (the same work with bare coroutines) and with other runtimes.

Every contender is a process of its own; they take turns, round by round. The figures are nanoseconds of processor
time for one unit of work: the median and, in parentheses, the least and the largest of the rounds. Times alone say
little; the ratios count, and each is the median of the ratios of the rounds."""


def parse(arguments):
    names = "\n".join(f"  {w.name:16} {w.title}" for w in WORKLOADS)
    parser = argparse.ArgumentParser(
        prog="halka-bench",
        description=DESCRIPTION,
        epilog=f"workloads:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "what",
        nargs="*",
        help="'quick': fewer and shorter rounds; 'growth': the growth curve; 'echo', 'files', 'processes', 'tasks': one family; "
        "else names of workloads (default: all)",
    )
    parser.add_argument("--rounds", type=int, help="rounds of limit and halka (5; quick: 3)")
    parser.add_argument("--no-peers", action="store_true", help="only the limit and halka")
    parser.add_argument("--also", action="append", default=[], metavar="NAME=PROGRAM", help="another build of bench-halka to compare with")
    parser.add_argument("--pin", metavar="CPUS", help="run the contenders on these processors (taskset -c)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results there")
    parser.add_argument(
        "--instructions",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="count instructions too, with perf or valgrind (default: if one is there, but not when quick)",
    )
    options = parser.parse_args(arguments)
    known = {w.name for w in WORKLOADS} | {"quick", "growth", "echo", *FAMILIES}
    unknown = [name for name in options.what if name not in known]
    if unknown:
        parser.error(f"there is no workload '{unknown[0]}'; see --help")
    return options


def environment():
    return {"kernel": platform.release().split("-")[0], "processors": os.cpu_count(), "load": os.getloadavg()[0]}


def run_workloads(options, chosen, contenders, quick):
    rounds = options.rounds or (3 if quick else 5)
    peer_rounds = 1 if quick else min(5, rounds)
    prefix = ["taskset", "-c", options.pin] if options.pin else []
    runs = sum((peer_rounds if c.role == "peer" else rounds) * c.can_do(w) for c in contenders for w in chosen)
    tool = count_tool() if options.instructions or (options.instructions is None and not quick) else None
    counted = [c for c in contenders if c.role != "peer"] if tool else []
    progress = Progress(runs + len(chosen) * len(counted))
    measured = []
    for workload in chosen:
        results = measure(workload, contenders, rounds, peer_rounds, quick, prefix, progress)
        instructions = {}
        for contender in counted:
            progress.step(f"{workload.name}: instructions of {contender.name}")
            instructions[contender.name] = count_instructions(contender, workload, tool)
        measured.append((workload, results, instructions))
    progress.end()
    return measured


def print_workloads(measured, contenders):
    print("Nanoseconds of processor time (or, where it says so, on the wall) for one unit; instructions: limit / halka, for one unit.\n")
    print(main_table(measured))
    names = [c.name for c in contenders if c.name != "limit"]
    if len(names) > 1:
        print("\nThe same of everybody, and how many times halka's that is.\n")
        print(others_table(measured, names))


def as_json(measured):
    result = []
    for workload, results, instructions in measured:
        paired, ratio, good = judge(workload, results)
        result.append(
            {
                "workload": workload.name,
                "title": workload.title,
                "ratios": paired,
                "ratio": ratio,
                "target": workload.ratio or None,
                "ok": good,
                "instructions": instructions,
                "measure": workload.measure,
                "contenders": {name: {workload.measure: s.summary(workload.measure), "runs": s.runs} for name, s in results.items()},
            }
        )
    return result


def run_growth(options, contenders, quick):
    rounds = options.rounds or (2 if quick else 3)
    prefix = ["taskset", "-c", options.pin] if options.pin else []
    progress = Progress(rounds * len(contenders) * len(GROWTH) * len(GROWTH_SIZES))
    results = measure_growth(contenders, rounds, quick, prefix, progress)
    progress.end()
    return results


def run_own_growth(options, contenders, quick, document):
    own = [c for c in contenders if c.role not in ("epoll", "peer")]
    results = run_growth(options, own, quick)
    print("\nThe cost of one unit while so many are alive (memory warm, least of the rounds).\n")
    print(growth_table(results, own))
    document["growth"] = [
        {"what": what, "contender": name, "alive": size, "runs": series.runs} for (what, name, size), series in results.items()
    ]


@contextlib.contextmanager
def file_to_read(build, chosen):
    """64 MiB that are in the cache and on the disk, where HALKA_BENCH_FILE says, if a workload reads it."""
    if not any(w.family == "files" for w in chosen):
        yield
        return
    with tempfile.NamedTemporaryFile(dir=build, prefix="read-") as file:
        for _ in range(64):
            file.write(os.urandom(1 << 20))
        file.flush()
        os.fsync(file.fileno())
        os.environ["HALKA_BENCH_FILE"] = file.name
        yield


def run_tasks_and_files(options, chosen, growth, source, build, quick, document):
    contenders, missing = find_contenders(source, build, not options.no_peers and bool(chosen), options.also)
    if missing:
        print("not here:", "; ".join(missing), file=sys.stderr)
    if chosen:
        with file_to_read(build, chosen):
            measured = run_workloads(options, chosen, contenders, quick)
        print_workloads(measured, contenders)
        sys.stdout.flush()
        document["workloads"] = as_json(measured)
    if growth:
        run_own_growth(options, contenders, quick, document)


def main(source, build):
    options = parse(sys.argv[1:])
    started = time.monotonic()
    quick = "quick" in options.what
    wanted = set(options.what) - {"quick"}
    chosen = [w for w in WORKLOADS if not wanted or w.name in wanted or w.family in wanted]
    growth = "growth" in wanted or (not wanted and not quick)
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    if busy > 0.5:
        print(f"this machine is busy ({busy:.1f} running programs for each processor): expect noise", file=sys.stderr)
    document = {"environment": environment(), "quick": quick}
    if chosen or growth:
        run_tasks_and_files(options, chosen, growth, source, build, quick, document)
    if not wanted or "echo" in wanted:
        result = run_echo(source, build, options, quick)
        if result["missing"]:
            print("not here:", "; ".join(result["missing"]), file=sys.stderr)
        print_echo(result)
        document["echo"] = echo_as_json(result)
    if options.json:
        options.json.write_text(json.dumps(document, indent=1) + "\n")
    print(f"\n({time.monotonic() - started:.0f} s)", file=sys.stderr)
    return 0
