#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles every public header alone, with all warnings on and fatal.

usage: check_headers.py COMPILER SOURCE_ROOT WORK_DIR HEADER...

The work is handed to ninja: it uses every core and compiles again only what has changed.
"""

import os
import subprocess
import sys
from pathlib import Path

WARNINGS = "-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"

RULE = """\
rule alone
  command = {compiler} -std=c++20 -fsyntax-only {warnings} -I{root}/include -MD -MF $out.d $in && touch $out
  description = <$header>
  depfile = $out.d
  deps = gcc

"""


def public_name(header, root):
    """include/halka/halka.hpp -> halka/halka.hpp, sched/task.hpp -> halka/sched/task.hpp"""
    inside = header.resolve().relative_to(root).as_posix()
    return inside.removeprefix("include/") if inside.startswith("include/") else "halka/" + inside


def write_if_changed(path, text):
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def main(compiler, root, work, headers):
    plan = RULE.format(compiler=compiler, warnings=WARNINGS, root=root)
    for header in headers:
        name = public_name(Path(header), root)
        unit = work / (name.replace("/", "-") + ".cpp")
        # Twice: a header without a guard fails as well.
        write_if_changed(unit, f"#include <{name}>\n#include <{name}>\n")
        # -MD names the object file after the unit; -MF only says where the list goes.
        plan += f"build {unit}.ok: alone {unit}\n  header = {name}\n"
    write_if_changed(work / "build.ninja", plan)
    return subprocess.call(["ninja", "-C", work, "-k", "0", "--quiet"])


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], Path(sys.argv[2]).resolve(), Path(os.path.abspath(sys.argv[3])), sys.argv[4:]))
