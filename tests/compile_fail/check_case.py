#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks one program that must not compile.

usage: check_case.py COMPILER INCLUDE_DIR CASE.cpp [PRECOMPILED]

PRECOMPILED is <halka/halka.hpp>, compiled by the same compiler, to save its time.

A case says in its first comment what the compiler must complain about (a regular expression), and
shows with HALKA_CONTROL that nothing else is wrong with it:

    // SPDX-License-Identifier: MIT
    // expect: nodiscard|unused result
    #include <halka/halka.hpp>

    halka::task<> work();
    void caller() {
    #ifdef HALKA_CONTROL
      auto kept = work();
    #else
      work();
    #endif
    }

Without HALKA_CONTROL it must fail and say what is expected; with it, it must compile.

A line "// only: <preprocessor condition>" names the compilers that the case is about; with any
other both versions must compile.
"""

import re
import subprocess
import sys
from pathlib import Path


def line_of(case, word):
    found = re.search(rf"^// {word}: (.+)$", case.read_text(), re.MULTILINE)
    return found[1].strip() if found else None


def expectation(case):
    expected = line_of(case, "expect")
    if not expected:
        sys.exit(f"{case}: no line '// expect: <regular expression>'")
    return expected


def is_about(case, compiler):
    condition = line_of(case, "only")
    if not condition:
        return True
    program = f"#if !({condition})\n#error\n#endif\n"
    command = [compiler, "-std=c++20", "-fsyntax-only", "-xc++", "-"]
    return subprocess.run(command, text=True, input=program, capture_output=True).returncode == 0


def use_precompiled(header):
    """g++ takes NAME.gch for NAME."""
    return ["-include", header[: -len(".gch")]] if header.endswith(".gch") else ["-include-pch", header]


def compile_case(compiler, include, case, *flags):
    command = [compiler, "-std=c++20", "-fsyntax-only", "-Werror=unused-result"]
    command += ["-fdiagnostics-color=never", f"-I{include}", *flags, str(case)]
    done = subprocess.run(command, text=True, capture_output=True)
    return done.returncode, done.stderr


def main(compiler, include, case, *precompiled):
    expected = expectation(case)
    flags = [flag for header in precompiled for flag in use_precompiled(header)]
    code, said = compile_case(compiler, include, case, *flags, "-DHALKA_CONTROL")
    if code != 0:
        sys.exit(f"{case}: does not compile even with HALKA_CONTROL:\n{said}")
    code, said = compile_case(compiler, include, case, *flags)
    if not is_about(case, compiler):
        sys.exit(f"{case}: does not compile with {compiler}:\n{said}" if code else 0)
    if code == 0:
        sys.exit(f"{case}: compiles, but must not (expected: {expected})")
    # Only the lines with a verdict: the source lines quoted below them would match too easily.
    verdicts = "\n".join(line for line in said.splitlines() if re.search(r"\b(error|note):", line))
    if not re.search(expected, verdicts):
        sys.exit(f"{case}: fails, but not for the expected reason ({expected}):\n{said}")


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), *sys.argv[4:])
