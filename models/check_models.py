#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the models of halka's protocols with spin: each must hold, and each of its planted defects must be found.

usage: check_models.py [--names]

A model says in its opening comment what it mirrors, with which definitions it is checked, and which defects can be planted:

 * mirrors FILE: name, name, ...
 * with DEFINITION
 * planted DEFINITION: what is wrong then

With --names, spin is not needed: only looks whether the files and the names in them still exist.
"""

import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEPTH = "1000000"  # steps of the longest run; a search that reaches it has not seen everything
PATIENCE = 300  # seconds for one search


@dataclass
class Run:
    model: Path
    definition: str
    planted: bool
    error: str = ""  # why the verdict is not the wanted one
    found: str = ""  # what spin says that is wrong
    states: int = 0


def lines(model, word):
    return re.findall(rf"^ \* {word} (.+)$", model.read_text(), re.MULTILINE)


def check_names(models):
    problems = []
    for model in models:
        mirrored = lines(model, "mirrors")
        if not mirrored:
            problems.append(f"{model.name}: says of no code that it mirrors it")
        for line in mirrored:
            file, _, names = line.partition(": ")
            path = HERE.parent / file
            text = path.read_text() if path.is_file() else None
            if text is None:
                problems.append(f"{model.name}: {file} does not exist")
                continue
            # A name in a comment is no code.
            text = re.sub(r"//.*", "", text)
            for name in names.split(", "):
                if not re.search(rf"\b{re.escape(name)}\b", text):
                    problems.append(f"{model.name}: there is no '{name}' in {file}")
        for planted in lines(model, "planted"):
            if not re.search(rf"^#.*\b{planted.partition(':')[0]}\b", model.read_text(), re.MULTILINE):
                problems.append(f"{model.name}: nothing depends on {planted.partition(':')[0]}")
    return problems


def runs_of(model):
    given = lines(model, "with") or [""]
    planted = [line.partition(":")[0] for line in lines(model, "planted")]
    return [Run(model, d, False) for d in given] + [Run(model, d, True) for d in planted]


def search(run):
    definitions = [f"-D{run.definition}"] if run.definition else []
    with tempfile.TemporaryDirectory() as folder:
        output = ""
        for command in (
            ["spin", *definitions, "-a", run.model],
            # Most of the time goes into compiling: what stops at the first error need not be fast.
            ["gcc", "-O0" if run.planted else "-O1", "-w", "-DSAFETY", "-DVECTORSZ=512", "-o", "pan", "pan.c"],
            ["./pan", f"-m{DEPTH}", "-w22", "-n"],
        ):
            try:
                done = subprocess.run(
                    command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE
                )
            except subprocess.TimeoutExpired:
                run.error = f"not finished after {PATIENCE} s"
                return run
            output = done.stdout
            if done.returncode != 0:
                run.error = output
                return run
    errors = re.search(r"errors: (\d+)", output)
    states = re.search(r"(\d+) states, stored", output)
    wrong = re.search(r"^pan:\d+: (.*?)(?: \(at depth \d+\))?$", output, re.MULTILINE)
    if not errors or not states or "max search depth too small" in output:
        run.error = output
        return run
    run.states, run.found = int(states[1]), wrong[1].strip() if wrong else ""
    if run.planted and int(errors[1]) == 0:
        run.error = "the planted defect was not found"
    elif not run.planted and int(errors[1]) != 0:
        run.error = run.found
    return run


def tell(run):
    name = f"{run.model.stem} {run.definition}".strip()
    if run.error:
        print(f"FAILED {name}: {run.error}")
    elif run.planted:
        print(f"found  {name}: {run.found} ({run.states} states)")
    else:
        print(f"holds  {name} ({run.states} states)")


def main():
    models = sorted(HERE.glob("*.pml"))
    problems = check_names(models)
    print(*problems, sep="\n", end="\n" if problems else "")
    if sys.argv[1:] == ["--names"]:
        print(f"{len(models)} models, {len(problems)} problems")
        sys.exit(1 if problems else 0)
    if sys.argv[1:]:
        sys.exit(__doc__)
    failed = len(problems)
    states = planted = 0
    with ThreadPoolExecutor(cpu_count()) as pool:
        for run in pool.map(search, [run for model in models for run in runs_of(model)]):
            tell(run)
            failed += bool(run.error)
            planted += run.planted
            states += 0 if run.planted else run.states
    print(f"{failed} problems" if failed else f"{len(models)} models hold in {states} states, {planted} planted defects found")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
