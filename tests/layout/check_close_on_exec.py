#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every system call of the library that makes a descriptor says that exec closes it.

usage: check_close_on_exec.py SOURCE_ROOT
"""

import re
import sys
from pathlib import Path

CALLS = (
    "socket socketpair open openat creat pipe pipe2 accept accept4 dup dup3 eventfd epoll_create epoll_create1 memfd_create"
    " signalfd timerfd_create inotify_init inotify_init1 fopen opendir"
).split()
# The C library's own functions are called with :: or plainly; members and our own functions of that name are not meant.
CALL = re.compile(r"(?<![\w.>])(?<!\w::)(?:::)?(" + "|".join(CALLS) + r")\(([^;{]*)")
# file: the beginning of the arguments, and why it is right
ALLOWED = {
    ("io/epoll/attempt_files.cpp", "path, flags"): "an operation's flags: O_CLOEXEC is among them (io/ops/open.cpp)",
    ("io/epoll/attempt_sockets.cpp", "op.fd, address, length"): "an operation's flags: SOCK_CLOEXEC (io/ops/accept.cpp)",
    ("io/memory_file.cpp", "name, usual"): "MFD_CLOEXEC is part of `usual`",
    ("io/standard_descriptors.cpp", '"/dev/null"'): "0, 1 and 2 are there for programs that are started",
}
ALWAYS_CLOSED = {"opendir"}  # the C library sets the flag


def system_calls(text):
    text = re.sub(r"//.*", "", text)
    for found in CALL.finditer(text):
        before = text[: found.start()].rsplit("\n", 1)[-1]
        name, arguments = found[1], found[2]
        if re.search(r"(?:^|[\w>&*]\s+)$", before) and not re.search(r"\b(return|co_await|throw|case)\s+$|=\s*$|^\s*$", before):
            continue  # a declaration
        if "::" in arguments or "options" in arguments or not arguments.strip():
            continue  # one of ours
        yield text.count("\n", 0, found.start()) + 1, name, arguments


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root, calls, problems, used = Path(sys.argv[1]), 0, [], set()
    for folder in ("sched", "io", "runtime"):
        for path in sorted((root / folder).rglob("*.cpp")):
            name = str(path.relative_to(root))
            for line, call, arguments in system_calls(path.read_text()):
                allowed = [key for key in ALLOWED if key[0] == name and arguments.startswith(key[1])]
                used.update(allowed)
                calls += 1
                if "CLOEXEC" not in arguments and not allowed and call not in ALWAYS_CLOSED:
                    problems.append(f"{name}:{line}: {call} without its flag for close-on-exec")
    problems += [f"{file}: {arguments} is not there any more" for file, arguments in ALLOWED.keys() - used]
    print(*problems, sep="\n", end="\n" if problems else "")
    print(f"{calls} calls, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
