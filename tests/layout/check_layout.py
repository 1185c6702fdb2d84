#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Keeps the folders layers: reads every include line and reports each arrow that is not allowed.

usage: check_layout.py SOURCE_ROOT

It also reports circles between headers, files that are too long, files that do not begin as they
should, and .cpp files that no meson.build names.
"""

import os
import re
import sys
from pathlib import Path

LAYERS = {"sched": {"sched"}, "io": {"sched", "io"}, "runtime": {"sched", "io", "runtime"}}
FOLDERS = [*LAYERS, "include", "examples", "tests", "fuzz", "bench", "tools"]
LONGEST = 300
ALLOWED_LONG = "tests/layout/long_files.txt"

STANDARD = set(
    """algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv
    chrono cinttypes climits clocale cmath codecvt compare complex concepts condition_variable
    coroutine csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar
    cwctype deque exception execution expected filesystem format forward_list fstream functional
    future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale
    map memory memory_resource mutex new numbers numeric optional ostream queue random ranges ratio
    regex scoped_allocator semaphore set shared_mutex source_location span spanstream sstream stack
    stacktrace stdexcept stop_token streambuf string string_view strstream syncstream
    system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility
    valarray variant vector version""".split()
)
COMPILER = {"cxxabi.h", "sanitizer/asan_interface.h", "sanitizer/tsan_interface.h"}
THREADS_AND_CLOCKS = {"pthread.h", "sched.h", "semaphore.h", "time.h", "sys/time.h"}
KERNEL_FOLDERS = {"sys", "linux", "asm", "net", "netinet", "arpa"}


def may_include_system(path, name):
    """Whether the file may write #include <name> for something outside halka."""
    folder, in_source = path.parts[0], path.suffix == ".cpp"
    library = name.split("/")[0].removesuffix(".h")
    if name in STANDARD or name in COMPILER:
        return True
    if library == "liburing":
        return folder == "bench" or (in_source and path.parts[:2] == ("io", "uring"))
    if library == "catch2":
        return folder == "tests"
    if library == "cereal":
        return folder in ("runtime", "tests", "fuzz")
    if library == "backtrace":
        return in_source and folder == "runtime"
    if path == Path("sched/memory.cpp") and name == "sys/mman.h":
        return True  # the memory of tasks comes straight from the kernel
    if folder == "sched":
        return name in THREADS_AND_CLOCKS and (in_source or "/" not in name)
    if folder in ("io", "runtime"):
        return in_source or library not in KERNEL_FOLDERS
    if folder == "examples":
        return name == "unistd.h"  # for getpid, where processes are the point
    return folder in ("tests", "fuzz", "bench", "tools")


def code_lines(text):
    """The text without its comments, line by line; strings that contain // do not matter here."""
    text = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment[0].count("\n"), text, flags=re.DOTALL)
    return [re.sub(r"//.*", "", line) for line in text.splitlines()]


def includes(text):
    """Yields (line number, '<' or '"', name)."""
    for number, line in enumerate(code_lines(text), 1):
        found = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if found:
            yield number, found[1], found[2]


class Checker:
    def __init__(self, root):
        self.root = root.resolve()
        self.problems = []
        self.graph = {}  # header -> the headers it includes
        self.files = {}  # path from the root -> text
        for folder in FOLDERS:
            for path in sorted((self.root / folder).rglob("*.[ch]pp")):
                # include/halka/sched and its siblings are links to the folders read already.
                if not any(parent.is_symlink() for parent in path.parents):
                    self.files[path.relative_to(self.root)] = path.read_text()

    def report(self, path, line, text):
        self.problems.append(f"{path}:{line}: {text}")

    def check(self):
        for path, text in self.files.items():
            self.check_beginning(path, text)
            for line, kind, name in includes(text):
                if kind == "<":
                    self.check_angle(path, line, name)
                else:
                    self.check_quoted(path, line, name)
            if path.suffix == ".cpp":
                self.check_is_built(path)
        self.check_lengths()
        self.check_circles()
        return self.problems

    def check_beginning(self, path, text):
        if not text.startswith("// SPDX-License-Identifier: MIT\n"):
            self.report(path, 1, "the first line must be '// SPDX-License-Identifier: MIT'")
        code = [line.strip() for line in code_lines(text) if line.strip()]
        # What is compiled in advance is compiled alone, and compilers warn of a #pragma once there.
        if path.suffix == ".hpp" and "/pch/" not in str(path) and code[:1] != ["#pragma once"]:
            self.report(path, 1, "a header begins with #pragma once (comments may precede it)")

    def check_angle(self, path, line, name):
        folder = path.parts[0]
        if name.startswith("halka/"):
            if folder in LAYERS or folder == "include":
                self.report(path, line, f"<{name}>: inside the library an include is relative and quoted")
        elif not may_include_system(path, name):
            self.report(path, line, f"<{name}> is not allowed in {folder}/ {path.suffix} files")

    def check_quoted(self, path, line, name):
        folder = path.parts[0]
        # normpath does not follow links: include/halka/sched/task.hpp stays below include/.
        target = Path(os.path.normpath(path.parent / name))
        if not (self.root / target).is_file():
            self.report(path, line, f'"{name}" does not exist; other includes are written with <>')
        elif target.parts[0] not in LAYERS.get(folder, {folder}):
            self.report(path, line, f'"{name}": {folder}/ may not include {target.parts[0]}/')
        elif path.suffix == ".hpp" and target.suffix == ".hpp":
            self.graph.setdefault(path, []).append(target)

    def check_is_built(self, path):
        """Some meson.build (or the list of demos) in the file's folder or above it names it."""
        for parent in path.parents:
            lists = [self.root / parent / "meson.build", self.root / parent / "demos.list"]
            written = "".join(file.read_text() for file in lists if file.is_file())
            if re.search(rf"(?<![\w-]){re.escape(path.stem)}(\.cpp)?['\t]", written):
                return
        if path.name != "main.cpp" or path.parts[:2] != ("tests", "consumer"):
            self.report(path, 1, "no meson.build names this file")

    def check_lengths(self):
        allowed = {}
        listing = self.root / ALLOWED_LONG
        for line in listing.read_text().splitlines() if listing.is_file() else []:
            if line.strip() and not line.startswith("#"):
                name, _, reason = line.partition(" ")
                allowed[Path(name)] = reason.strip()
        for path, text in self.files.items():
            length, reason = len(text.splitlines()), allowed.pop(path, None)
            if length > LONGEST and not reason:
                self.report(path, length, f"{length} lines, more than {LONGEST}: split it")
            elif length <= LONGEST and reason is not None:
                self.report(path, length, f"is short enough now: remove it from {ALLOWED_LONG}")
        for path in allowed:
            self.report(ALLOWED_LONG, 1, f"{path} does not exist")

    def check_circles(self):
        finished = set()

        def visit(header, way):
            if header in way:
                circle = [*way[way.index(header) :], header]
                self.report(header, 1, "circle: " + " -> ".join(map(str, circle)))
            elif header not in finished:
                for target in self.graph.get(header, []):
                    visit(target, [*way, header])
                finished.add(header)

        for header in self.graph:
            visit(header, [])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    checker = Checker(Path(sys.argv[1]))
    problems = checker.check()
    print(*problems, sep="\n", end="\n" if problems else "")
    print(f"{len(checker.files)} files, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
