# SPDX-License-Identifier: MIT
"""The echo servers that are compared. One that this machine cannot build or run is named and skipped."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from contenders import build_tokio


@dataclass
class EchoServer:
    name: str
    role: str  # limit, halka, epoll (halka on that backend) or peer
    command: list


def programs(build, size):
    """The limits and halka, as a program for messages of this size has it."""

    def server(name, role, program, *arguments):
        path = Path(build) / program
        if not path.is_file():
            raise SystemExit(f"halka-bench: {path} is missing")
        on = ["env", "HALKA_BACKEND=epoll"] if role == "epoll" else []
        return EchoServer(name, role, [*on, str(path), *arguments])

    read = "read_16k" if size > 4096 else "read"
    return [
        server("epoll", "limit", "bench-echo-epoll"),
        server("uring own", "limit", "bench-echo-uring", "own"),
        server("uring multi", "limit", "bench-echo-uring", "multi"),
        server("halka read", "halka", "bench-echo-halka", read),
        server("halka read_some", "halka", "bench-echo-halka", "read_some"),
        server("halka operations", "halka", "bench-echo-halka", "operations"),
        server("halka read, epoll", "epoll", "bench-echo-halka", read),
        server("halka read_some, epoll", "epoll", "bench-echo-halka", "read_some"),
    ]


def peers(source, build):
    """Those that are here, and the others' names with what they need."""
    here, missing = [], []

    def add(name, path, advice, *arguments):
        if path and Path(path).is_file():
            here.append(EchoServer(name, "peer", [str(path), *map(str, arguments)]))
        else:
            missing.append(f"{name} (Debian: {advice})")

    def add_python(name, flavour, kind, advice):
        # Debian's packages belong to Debian's Python.
        script = Path(source) / "peers/asyncio_echo.py"
        for python in ("/usr/bin/python3", sys.executable):
            if imports(python, flavour):
                return add(name, python, advice, script, flavour, kind)
        missing.append(f"{name} (Debian: {advice})")

    add("asio", Path(build) / "bench-echo-asio", "libasio-dev, then ./dev clean")
    add("asio uring", Path(build) / "bench-echo-asio-uring", "libasio-dev, then ./dev clean")
    add("libuv", Path(build) / "bench-echo-libuv", "libuv1-dev, then ./dev clean")
    tokio = build_tokio(Path(source), Path(build))
    add("tokio", Path(tokio.command[0]).with_name("tokio-echo") if not isinstance(tokio, str) else None, "librust-tokio-dev cargo")
    add_python("asyncio", "asyncio", "protocol", "python3")
    add_python("asyncio streams", "asyncio", "streams", "python3")
    add_python("uvloop", "uvloop", "protocol", "python3-uvloop")
    return here, missing


def imports(python, module):
    return Path(python).is_file() and subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0
