# SPDX-License-Identifier: MIT
"""How the cost of a unit grows with the number that is alive."""

from measure import Series, run_once
from tables import number, table, verdict
from workloads import GROWTH, GROWTH_AT_MOST, GROWTH_SIZES


def measure_growth(contenders, rounds, quick, prefix, progress):
    """{(workload, contender, size): Series}; memory is warm: one batch goes before those that count."""
    results = {}
    for workload in GROWTH:
        for _ in range(rounds):
            for size in GROWTH_SIZES:
                units = max(workload.units_of(quick), size)
                for contender in contenders:
                    progress.step(f"{workload.name}, {size} alive: {contender.name}")
                    result = run_once(contender, workload.key, units, size, warm_up=size, prefix=prefix)
                    if result:
                        results.setdefault((workload.name, contender.name, size), Series()).runs.append(result)
    return results


def growth_table(results, contenders):
    """One line for each workload and contender, the largest factor between two sizes, and halka relative to its limit."""
    rows = [["ns of processor time", *(f"{size:,}" for size in GROWTH_SIZES), "largest / least", f"<= {GROWTH_AT_MOST:g}?"]]

    def add(title, values, judged):
        known = [v for v in values if v]
        factor = max(known) / min(known) if known else 0
        rows.append([title, *map(number, values), f"{factor:.2f}", verdict(factor <= GROWTH_AT_MOST if judged else None)])

    for workload in GROWTH:
        least = {}
        for contender in contenders:
            series = [results.get((workload.name, contender.name, size)) for size in GROWTH_SIZES]
            least[contender.name] = [min(s.values("cpu_ns")) if s else None for s in series]
            add(f"{workload.title}: {contender.name}", least[contender.name], contender.role == "halka")
        pairs = zip(least["halka"], least["limit"])
        add("- halka / limit", [h / l if h and l else None for h, l in pairs], True)
    return table(rows)
