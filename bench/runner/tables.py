# SPDX-License-Identifier: MIT
"""Tables in Markdown, aligned so that they can be read as they are."""

import statistics

from measure import ratios


def table(rows):
    """Rows of cells, the first one the head; the first column left-aligned, the others right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]

    def line(row):
        cells = [c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))]
        return "| " + " | ".join(cells) + " |"

    rule = "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
    return "\n".join([line(rows[0]), rule, *map(line, rows[1:])])


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(summary):
    return f"{number(summary['median'])} ({number(summary['min'])} to {number(summary['max'])})" if summary else "-"


def verdict(good):
    return "-" if good is None else "yes" if good else "NO"


def judge(workload, results):
    """The ratios to the limit, and whether halka is as fast as it must be (None: there is no target)."""
    halka, limit = results.get("halka"), results.get("limit")
    paired = ratios(halka, limit, workload.measure) if halka and limit else []
    ratio = statistics.median(paired) if paired else None
    good = ratio <= workload.ratio if ratio and workload.ratio else None
    peers = [s.median() for name, s in results.items() if name in workload_peers(results)]
    if workload.beats_peers and peers and halka:
        good = halka.median() <= min(peers)
    return paired, ratio, good


def workload_peers(results):
    return [name for name in results if name in ("asio", "asio uring", "libuv", "tokio", "asyncio", "uvloop")]


def main_table(measured):
    """The workloads against their limits. `measured`: [(workload, results, instructions)]."""
    rows = [["workload", "limit", "halka", "ratio", "target", "ok?", "instructions"]]
    for workload, results, instructions in measured:
        halka, limit = results.get("halka"), results.get("limit")
        paired, ratio, good = judge(workload, results)
        target = f"<= {workload.ratio:g}" if workload.ratio else "every peer" if workload.beats_peers else "-"
        counts = f"{number(instructions.get('limit'))} / {number(instructions.get('halka'))}" if instructions else "-"
        shown = f"{ratio:.2f} ({min(paired):.2f} to {max(paired):.2f})" if ratio else "-"
        rows.append(
            [
                f"{workload.title} (`{workload.name}`)",
                spread(limit and limit.summary(workload.measure)),
                spread(halka and halka.summary(workload.measure)),
                shown,
                target,
                verdict(good),
                counts,
            ]
        )
        rows += more_rows(workload, limit, halka)
    return table(rows)


def more_rows(workload, limit, halka):
    def row(title, what, most, judged="median"):
        have = halka.summary(what) if halka else None
        good = have[judged] <= most if have else None
        return [title, spread(limit and limit.summary(what)), spread(have), "", f"<= {most:g}", verdict(good), ""]

    rows = []
    if workload.bytes_each:
        rows.append(row("- bytes each", "bytes", workload.bytes_each))
    if workload.late_ms:
        rows.append(row("- late, ms: the latest", "late_max_ms", workload.late_ms, "min"))
        rows.append(row("- late, ms: 99 of 100 at most", "late_p99_ms", workload.late_ms, "min"))
    return rows


def others_table(measured, names):
    """Everybody's figures, and how many times halka's they are."""
    rows = [["workload", *names]]
    for workload, results, _ in measured:
        halka = results["halka"].median(workload.measure) if "halka" in results else None
        for what in [workload.measure] + (["bytes"] if workload.bytes_each else []) + (["late_max_ms"] if workload.late_ms else []):
            cells = []
            for name in names:
                value = results[name].median(what) if name in results else None
                times = f" ({value / halka:.2f} x)" if what == workload.measure and value and halka and name != "halka" else ""
                cells.append(number(value) + times)
            title = {"bytes": "- bytes each", "late_max_ms": "- late, ms: the latest"}.get(what, workload.title)
            rows.append([title, *cells])
    return table(rows)
