#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks docs/seccomp.json: what a container's profile needs beyond the default for io_uring, and nothing else.

usage: check_seccomp.py ROOT
"""
import json
import pathlib
import sys

CALLS = ["io_uring_enter", "io_uring_register", "io_uring_setup"]


def problems(root):
    text = (root / "docs/seccomp.json").read_text()
    try:
        rules = json.loads(text)["syscalls"]
    except (ValueError, KeyError, TypeError) as error:
        yield f"docs/seccomp.json: no profile: {error}"
        return
    if [rule["action"] for rule in rules] != ["SCMP_ACT_ALLOW"] or sorted(rules[0]["names"]) != CALLS:
        yield f"docs/seccomp.json: must allow {', '.join(CALLS)} and say nothing else"
    source = (root / "io/uring/ring.cpp").read_text()
    for call in CALLS:
        if call not in source:
            yield f"io/uring/ring.cpp: a refusal by a filter must name {call}"


def main():
    found = list(problems(pathlib.Path(sys.argv[1])))
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
