#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plants one mistake after the other in a small tree; each must be found, and nothing else."""

import tempfile
import unittest
from pathlib import Path

from check_layout import ALLOWED_LONG, Checker

SPDX = "// SPDX-License-Identifier: MIT\n"


def header(*lines):
    return "\n".join([SPDX + "#pragma once", *lines, ""])


def source(*lines):
    return "\n".join([SPDX, *lines, ""])


GOOD_TREE = {
    "include/halka/halka.hpp": header('#include "sched/task.hpp"'),
    "sched/task.hpp": header("#include <coroutine>", '#include "loop.hpp"'),
    "sched/loop.hpp": header("#include <chrono>"),
    "sched/loop.cpp": source('#include "loop.hpp"', "#include <pthread.h>"),
    "sched/meson.build": "files('loop.cpp')",
    "io/file.hpp": header('#include "../sched/task.hpp"'),
    "io/file.cpp": source('#include "file.hpp"', "#include <fcntl.h>", "#include <sys/stat.h>"),
    "io/uring/ring.cpp": source('#include "../file.hpp"', "#include <liburing.h>"),
    "io/meson.build": "files('file.cpp', 'uring/ring.cpp')",
    "runtime/run.hpp": header('#include "../io/file.hpp"', '#include "../sched/task.hpp"'),
    "examples/hello.cpp": source("#include <halka/halka.hpp>", "#include <cstdio>"),
    "examples/demos.list": "hello\tsays hello\n",
    "tests/io/file_test.cpp": source("#include <halka/io/file.hpp>", "#include <sys/stat.h>"),
    "tests/io/meson.build": "files('file_test.cpp')",
}


class Layout(unittest.TestCase):
    def problems(self, changes):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in {**GOOD_TREE, **changes}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            for layer in ("sched", "io", "runtime"):
                (root / "include/halka" / layer).symlink_to(f"../../{layer}")
            return Checker(root).check()

    def assert_found(self, expected, changes):
        problems = self.problems(changes)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(expected, problems[0])

    def test_a_good_tree_passes(self):
        self.assertEqual(self.problems({}), [])

    def test_an_upward_include_is_found(self):
        self.assert_found("sched/ may not include io/", {"sched/bad.hpp": header('#include "../io/file.hpp"')})
        self.assert_found("io/ may not include runtime/", {"io/bad.hpp": header('#include "../runtime/run.hpp"')})

    def test_the_kernel_stays_out_of_sched(self):
        for name in ("sys/socket.h", "linux/futex.h", "liburing.h", "unistd.h", "sys/epoll.h"):
            self.assert_found(f"<{name}>", {"sched/loop.cpp": source(f"#include <{name}>")})

    def test_liburing_belongs_to_the_sources_of_its_backend(self):
        line = "#include <liburing.h>"
        self.assert_found("io/file.cpp", {"io/file.cpp": source(line)})
        self.assert_found("io/uring/ring.hpp", {"io/uring/ring.hpp": header(line)})
        self.assert_found("runtime/run.hpp", {"runtime/run.hpp": header(line)})

    def test_kernel_headers_stay_out_of_headers(self):
        self.assert_found("<sys/socket.h>", {"io/bad.hpp": header("#include <sys/socket.h>")})
        self.assert_found("<netinet/in.h>", {"runtime/bad.hpp": header("  #  include <netinet/in.h>")})

    def test_the_library_includes_itself_relative_and_quoted(self):
        self.assert_found("relative", {"io/bad.hpp": header("#include <halka/sched/task.hpp>")})
        self.assert_found("does not exist", {"io/bad.hpp": header('#include "sched/task.hpp"')})

    def test_others_use_the_public_names(self):
        self.assert_found("may not include sched/", {"examples/hello.cpp": source('#include "../sched/task.hpp"')})
        self.assert_found("<sys/mman.h>", {"examples/hello.cpp": source("#include <sys/mman.h>")})
        self.assert_found("<liburing.h>", {"tests/io/file_test.cpp": source("#include <liburing.h>")})

    def test_comments_are_not_includes(self):
        comment = header("// #include <sys/socket.h>", "/*", "#include <liburing.h>", "*/")
        self.assertEqual(self.problems({"sched/more.hpp": comment}), [])

    def test_a_circle_of_headers_is_found(self):
        self.assert_found("circle", {"sched/loop.hpp": header('#include "task.hpp"')})

    def test_the_beginning_of_a_file_is_checked(self):
        self.assert_found("first line", {"sched/loop.cpp": "int x;\n"})
        self.assert_found("#pragma once", {"sched/more.hpp": source("int x;", "#pragma once")})
        self.assertEqual(self.problems({"sched/more.hpp": source("// Why.", "#pragma once")}), [])

    def test_a_long_file_needs_a_reason(self):
        long = {"sched/more.hpp": header(*["//"] * 299)}
        self.assert_found("301 lines", long)
        self.assert_found("301 lines", {**long, ALLOWED_LONG: "sched/more.hpp\n"})
        self.assertEqual(self.problems({**long, ALLOWED_LONG: "sched/more.hpp a table\n"}), [])

    def test_a_permission_that_nobody_needs_is_found(self):
        self.assert_found("short enough", {ALLOWED_LONG: "sched/loop.hpp a table\n"})
        self.assert_found("does not exist", {ALLOWED_LONG: "sched/gone.hpp a table\n"})

    def test_a_source_file_that_is_not_built_is_found(self):
        self.assert_found("no meson.build", {"tests/io/lost_test.cpp": source()})
        self.assert_found("no meson.build", {"sched/task.cpp": source(), "sched/meson.build": "files('loop.cpp', 'task.hpp')"})


if __name__ == "__main__":
    unittest.main()
