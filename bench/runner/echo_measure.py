# SPDX-License-Identifier: MIT
"""Runs an echo server and the load on it, each pinned to a processor of its own."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

TIMEOUT = 60


class EchoBench:
    def __init__(self, build):
        self.load = str(Path(build) / "bench-echo-load")
        self.keep_awake = str(Path(build) / "bench-keep-awake")
        allowed = sorted(os.sched_getaffinity(0))
        self.server_on, self.load_on = allowed[0], allowed[1 if len(allowed) > 1 else 0]

    @staticmethod
    def pinned(processor, command):
        return ["taskset", "-c", str(processor), *command]

    @contextlib.contextmanager
    def processors_awake(self):
        """Neither processor halts inside this block."""
        spinners = []
        try:
            for processor in {self.server_on, self.load_on}:
                spinners.append(subprocess.Popen(self.pinned(processor, [self.keep_awake])))
            yield
        finally:
            for spinner in spinners:
                spinner.kill()
                spinner.wait()

    @contextlib.contextmanager
    def serving(self, server):
        """The server's port and process id; it is gone afterwards."""
        process = subprocess.Popen(
            self.pinned(self.server_on, server.command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            line = process.stdout.readline()
            if not line.strip().isdigit():
                raise ChildProcessError("the server did not start")
            yield int(line), process.pid
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def run(self, server, mode, connections, size, seconds, warm_up=0.0):
        """What the load reports; None if it fails, which is said."""
        try:
            with self.serving(server) as (port, pid):
                order = [mode, *map(str, (port, pid, connections, size, seconds, warm_up))]
                command = self.pinned(self.load_on, [self.load, *order])
                done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
        except (ChildProcessError, subprocess.TimeoutExpired) as error:
            print(f"\n{server.name}, {connections} connections: {error}", file=sys.stderr)
            return None
        if done.returncode != 0:
            print(f"\n{server.name}, {connections} connections: {done.stderr.strip()[-300:]}", file=sys.stderr)
            return None
        return json.loads(done.stdout)
