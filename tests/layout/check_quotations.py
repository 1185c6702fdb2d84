#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that the programs which the documents quote are those in the examples.

A document quotes like this, and the quoted file marks the region:

    <!-- examples/testing.cpp: part -->      // [part]
    ```cpp                                   ...
    ...                                      // [/part]
    ```

usage: check_quotations.py ROOT
"""
import pathlib
import re
import sys

QUOTATION = re.compile(r"<!-- (\S+): (\S+) -->\n```\w*\n(.*?)```", re.DOTALL)


def region(text, name):
    """What stands between the marks, or None."""
    match = re.search(rf"^// \[{name}\]\n(.*?)^// \[/{name}\]$", text, re.DOTALL | re.MULTILINE)
    return match.group(1) if match else None


def problems(root):
    for document in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
        for path, name, quoted in QUOTATION.findall(document.read_text()):
            source = root / path
            shown = region(source.read_text(), name) if source.exists() else None
            where = f"{document.relative_to(root)}: the quotation of {path}: {name}"
            if shown is None:
                yield f"{where}: there is no such region"
            elif shown != quoted:
                yield f"{where} is not what stands there now"


def main():
    found = list(problems(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "every quotation is current")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
