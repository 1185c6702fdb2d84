#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Quotes a small program rightly and wrongly."""

import tempfile
import unittest
from pathlib import Path

from check_quotations import problems

PROGRAM = "// [part]\nint x;\n// [/part]\nint y;\n"


def quoting(path, name, text):
    return f"Text.\n\n<!-- {path}: {name} -->\n```cpp\n{text}```\n\nMore text.\n"


class Quotations(unittest.TestCase):
    def problems(self, document):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name in ("docs", "examples"):
                (root / name).mkdir()
            (root / "README.md").write_text("# Title\n")
            (root / "examples/program.cpp").write_text(PROGRAM)
            (root / "docs/page.md").write_text(document)
            return list(problems(root))

    def test_a_current_quotation_passes(self):
        self.assertEqual(self.problems(quoting("examples/program.cpp", "part", "int x;\n")), [])

    def test_an_old_quotation_is_found(self):
        (found,) = self.problems(quoting("examples/program.cpp", "part", "long x;\n"))
        self.assertIn("docs/page.md", found)
        self.assertIn("is not what stands there now", found)

    def test_a_region_or_file_that_is_gone_is_found(self):
        for path, name in (("examples/program.cpp", "whole"), ("examples/gone.cpp", "part")):
            (found,) = self.problems(quoting(path, name, "int x;\n"))
            self.assertIn("there is no such region", found)


if __name__ == "__main__":
    unittest.main()
