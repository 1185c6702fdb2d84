# SPDX-License-Identifier: MIT
"""TCP echo: what a server spends on a message, and on connections that are silent."""

import statistics
from dataclasses import dataclass, field

from echo_contenders import peers, programs
from echo_measure import EchoBench
from measure import Progress, Series, ratios
from tables import number, table, verdict

SIZES = [64, 1024, 16384]
CONNECTIONS = [1, 50, 500, 5000]
IDLE = [1_000, 10_000]
RATIO_AT_MOST = 1.05  # processor time, to the better limit
URING_RATIO_AT_MOST = 1.03  # to the better one over io_uring
P99_AT_MOST = 1.1  # to epoll's
TAIL_AT_MOST = 1.6  # p99.9 / p50 with the most connections
EPOLL_RATIO_AT_MOST = 1.1  # halka on epoll to bare epoll
CALLS_AT_MOST = {50: 0.08, 500: 0.04}
IDLE_BYTES_AT_MOST = 1024


@dataclass
class Cell:
    """All servers with one size of message and one number of connections."""

    size: int
    connections: int
    series: dict = field(default_factory=dict)  # name of the server -> Series
    calls: dict = field(default_factory=dict)  # -> system calls for one message

    def better(self, names):
        known = [name for name in names if self.series.get(name) and self.series[name].runs]
        return min(known, key=lambda name: self.series[name].median(), default=None)


def plan(quick):
    """(cells, rounds, rounds of peers, seconds, seconds of warming up)"""
    if quick:
        return [Cell(64, 50), Cell(64, 500), Cell(16384, 50)], 2, 1, 0.3, 0.1
    return [Cell(size, connections) for size in SIZES for connections in CONNECTIONS], 5, 2, 0.6, 0.2


def measure_cell(bench, cell, servers, rounds, peer_rounds, seconds, warm_up, progress):
    for turn in range(rounds):
        for server in servers if turn % 2 == 0 else reversed(servers):
            if server.role == "peer" and turn >= peer_rounds:
                continue
            progress.step(f"echo {cell.size} B, {cell.connections} connections: {server.name}")
            result = bench.run(server, "echo", cell.connections, cell.size, seconds, warm_up)
            if result:
                cell.series.setdefault(server.name, Series()).runs.append(result)


def count_calls(bench, cell, servers, seconds, warm_up, progress):
    for server in servers:
        progress.step(f"echo, system calls: {server.name}")
        counted = bench.run(server, "calls", cell.connections, cell.size, seconds / 2, warm_up)
        if counted and "system_calls" in counted:
            cell.calls[server.name] = counted["system_calls"]


def measure_idle(bench, servers, counts, progress):
    """{(name, connections): {"bytes", "idle_us_per_s"}}"""
    results = {}
    for connections in counts:
        for server in servers:
            progress.step(f"{connections} silent connections: {server.name}")
            result = bench.run(server, "idle", connections, 64, 1.0)
            if result:
                results[server.name, connections] = result
    return results


def run_echo(source, build, options, quick):
    bench, servers = EchoBench(build), programs(build, SIZES[0])
    others, missing = ([], []) if options.no_peers else peers(source, build)
    cells, rounds, peer_rounds, seconds, warm_up = plan(quick)
    rounds = options.rounds or rounds
    counted = [] if quick else [cell for cell in cells if cell.size == 64]
    idle = IDLE[:1] if quick else IDLE
    runs = len(cells) * (rounds * len(servers) + min(rounds, peer_rounds) * len(others))
    progress = Progress(runs + (len(counted) + len(idle)) * len(servers + others))
    with bench.processors_awake():
        for cell in cells:
            measure_cell(bench, cell, programs(build, cell.size) + others, rounds, peer_rounds, seconds, warm_up, progress)
            if cell in counted:
                count_calls(bench, cell, servers + others, seconds, warm_up, progress)
    silent = measure_idle(bench, servers + others, idle, progress)
    progress.end()
    return {"cells": cells, "idle": silent, "servers": servers, "peers": others, "missing": missing}


def names(servers, role):
    return [server.name for server in servers if server.role == role]


def title(cell):
    return f"{cell.size:,} B, {cell.connections:,} connection{'s' if cell.connections > 1 else ''}"


def halka_table(result):
    """One line for each cell and each way in which halka can be used, against the better limit of the cell."""
    limits, halka = names(result["servers"], "limit"), names(result["servers"], "halka")
    head = ["message, connections", "program", "ns", "better limit", "ns", "ratio", "to io_uring", "ok?", "p99 to epoll's"]
    rows = [head + ["p99.9 / p50", "calls", "limit's calls"]]
    for cell in result["cells"]:
        best, best_uring = cell.better(limits), cell.better([n for n in limits if n != "epoll"])
        for name in halka:
            if best and name in cell.series:
                rows.append(halka_row(cell, name, best, best_uring))
    return table(rows)


def halka_row(cell, name, best, best_uring):
    own, limit, uring, epoll = (cell.series.get(n) for n in (name, best, best_uring, "epoll"))
    paired = ratios(own, limit)
    ratio = statistics.median(paired)
    to_uring = statistics.median(ratios(own, uring)) if uring else 0
    p99 = own.median("p99_us") / epoll.median("p99_us") if epoll else None
    calls = [number(cell.calls.get(n)) if n in cell.calls else "-" for n in (name, best)]
    good = ratio <= RATIO_AT_MOST and to_uring <= URING_RATIO_AT_MOST
    return [
        title(cell),
        name,
        number(own.median()),
        best,
        number(limit.median()),
        f"{ratio:.2f} ({min(paired):.2f} to {max(paired):.2f})",
        f"{to_uring:.2f}",
        verdict(good),
        f"{p99:.2f}" if p99 else "-",
        f"{own.median('p999_us') / own.median('p50_us'):.1f}",
        *calls,
    ]


def epoll_table(result):
    """Halka on the epoll backend, against epoll alone."""
    head = ["message, connections", "program", "ns", "epoll alone, ns", "ratio", "ok?", "p99 to epoll's", "calls", "epoll's calls"]
    rows = [head]
    for cell in result["cells"]:
        for name in names(result["servers"], "epoll"):
            own, limit = cell.series.get(name), cell.series.get("epoll")
            if not own or not limit:
                continue
            paired = ratios(own, limit)
            ratio = statistics.median(paired)
            calls = [number(cell.calls[n]) if n in cell.calls else "-" for n in (name, "epoll")]
            rows.append(
                [
                    title(cell),
                    name,
                    number(own.median()),
                    number(limit.median()),
                    f"{ratio:.2f} ({min(paired):.2f} to {max(paired):.2f})",
                    verdict(ratio <= EPOLL_RATIO_AT_MOST),
                    f"{own.median('p99_us') / limit.median('p99_us'):.2f}",
                    *calls,
                ]
            )
    return table(rows)


def peer_table(result):
    """Processor time of everybody, as a multiple of the better limit's."""
    limits = names(result["servers"], "limit")
    shown = [server.name for server in result["servers"] + result["peers"]]
    rows = [["message, connections", "better limit", *shown]]
    for cell in result["cells"]:
        best = cell.better(limits)
        if not best:
            continue
        limit = cell.series[best]
        cells = []
        for name in shown:
            paired = ratios(cell.series[name], limit) if name in cell.series else []
            cells.append(f"{statistics.median(paired):.2f}" if paired else "-")
        rows.append([title(cell), number(limit.median()), *cells])
    for cell in result["cells"]:
        if cell.calls:
            rows.append([f"- system calls, {title(cell)}", "", *(number(cell.calls.get(name)) for name in shown)])
    return table(rows)


def idle_table(result):
    shown = [server.name for server in result["servers"] + result["peers"]]
    rows = [["silent connections", *shown]]
    for connections in sorted({count for _, count in result["idle"]}):
        found = [result["idle"].get((name, connections)) for name in shown]
        rows.append([f"{connections:,}: bytes each", *(number(f["bytes"]) if f else "-" for f in found)])
        rows.append([f"{connections:,}: us of processor a second", *(number(f["idle_us_per_s"]) if f else "-" for f in found)])
    return table(rows)


def print_echo(result):
    print("\nTCP echo: the server's processor time for one message, user and system; load from another processor.\n")
    print(halka_table(result))
    print("\nThe same on the epoll backend (HALKA_BACKEND=epoll), which is what containers get that forbid io_uring.\n")
    print(epoll_table(result))
    print("\nThe same as a multiple of the better limit; and system calls for one message.\n")
    print(peer_table(result))
    print("\nConnections on which nothing happens: memory of the server's own for each, and its processor time.\n")
    print(idle_table(result))


def echo_as_json(result):
    cells = [
        {
            "bytes": cell.size,
            "connections": cell.connections,
            "servers": {name: {"cpu_ns": s.summary(), "runs": s.runs} for name, s in cell.series.items()},
            "system_calls": cell.calls,
        }
        for cell in result["cells"]
    ]
    idle = [{"server": name, "connections": count, **found} for (name, count), found in result["idle"].items()]
    return {"cells": cells, "idle": idle}
