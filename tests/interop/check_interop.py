#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""halka against programs that are not halka: their clients talk to servers over halka, and halka's clients to their servers.

usage: check_interop.py SERVERS_PROGRAM CLIENT_PROGRAM [--all]

What is not installed is skipped and named; with --all, or HALKA_INTEROP_ALL=1, that is an error. Everything happens on free ports
of 127.0.0.1 and in a temporary directory.
"""

import hashlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LARGE = 50_000_000
PATIENCE = 30  # seconds, for anything


class Failure(Exception):
    pass


def expect(good, text):
    if not good:
        raise Failure(text)


def output_of(command, data=None):
    """What the command prints. It must exit with 0, and say nothing on stderr."""
    done = subprocess.run([str(word) for word in command], input=data, capture_output=True, timeout=PATIENCE, check=False)
    errors = done.stderr.decode(errors="replace")
    expect(done.returncode == 0, f"{command[0]}: exit code {done.returncode}\n{errors}")
    return done.stdout


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def digest(data):
    return hashlib.sha256(data).hexdigest()


def payload(size):
    return random.Random(size).randbytes(size)


class Server:
    """A server of somebody else, while the block runs."""

    def __init__(self, command, port, **more):
        self.command, self.port, self.more = command, port, more

    def __enter__(self):
        self.process = subprocess.Popen(
            [str(word) for word in self.command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **self.more
        )
        for _ in range(PATIENCE * 50):
            if self.process.poll() is not None:
                raise Failure(f"{self.command[0]} did not start:\n{self.process.stdout.read().decode(errors='replace')}")
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                time.sleep(0.02)
        raise Failure(f"{self.command[0]} does not listen")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()


class OwnServers:
    """The servers over halka. At the end they must go with Ctrl-C, having reported nothing."""

    def __init__(self, program, directory):
        self.program, self.directory = program, directory

    def __enter__(self):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [self.program, str(self.directory)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors, text=True
        )
        self.where = {}
        for line in self.process.stdout:
            if line == "ready\n":
                return self
            name, place = line.split()
            self.where[name] = place
        raise Failure("the servers over halka did not start")

    def __getitem__(self, name):
        return self.where[name]

    def url(self, path):
        return f"http://127.0.0.1:{self['http']}{path}"

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "none: it hung"
        self.errors.seek(0)
        said = self.errors.read().decode(errors="replace")
        if kind is None:
            expect(code == 0 and not said, f"the servers over halka ended with exit code {code}, and said:\n{said}")


# --- Other clients, servers over halka -------------------------------------------------------------


def curl_keeps_alive(own):
    config = "".join(f'url = "{own.url("/")}"\noutput = "-"\n' for _ in range(100))
    told = output_of(["curl", "--silent", "--show-error", "--fail", "--verbose", "--config", "-"], config.encode())
    expect(told == b"hello from halka\n" * 100, "curl got something else than 100 greetings")


def curl_uses_one_connection(own):
    numbers = "%{num_connects}\\n"
    command = ["curl", "--silent", "--fail", "--output", "/dev/null", "--write-out", numbers]
    told = output_of([*command, own.url("/"), "--output", "/dev/null", own.url("/"), "--output", "/dev/null", own.url("/")])
    expect(told.split() == [b"1", b"0", b"0"], f"curl made connections: {told}")


def curl_downloads(own):
    body = output_of(["curl", "--silent", "--show-error", "--fail", own.url("/large")])
    expect(digest(body) == digest(payload(LARGE)), "a download over curl has another hash")


def curl_learns_of_errors(own):
    command = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}"]
    expect(output_of([*command, own.url("/no/such/thing")]) == b"404", "no 404")
    expect(output_of([*command, "--request", "DELETE", own.url("/")]) == b"405", "no 405")


def nc_half_closes_tcp(own):
    data = payload(3_000_000)
    expect(output_of(["nc", "-N", "127.0.0.1", own["echo"]], data) == data, "nc got another echo")


def nc_half_closes_unix(own):
    data = payload(3_000_001)
    expect(output_of(["nc", "-N", "-U", own["unix"]], data) == data, "nc got another echo")


def nc_sends_messages(own):
    told = output_of(["nc", "-u", "-W", "1", "127.0.0.1", own["udp"]], b"a message")
    expect(told == b"a message", f"nc got {told}")


def socat_half_closes(own):
    data = payload(2_000_000)
    for place in (f"TCP:127.0.0.1:{own['echo']}", f"UNIX-CONNECT:{own['unix']}"):
        told = output_of(["socat", "-t", str(PATIENCE), "-", place], data)
        expect(told == data, f"socat got another echo from {place}")


def socat_sends_messages(own):
    told = output_of(["socat", "-t", "1", "-", f"UDP:127.0.0.1:{own['udp']}"], b"a message")
    expect(told == b"a message", f"socat got {told}")


def wrk_loads(own):
    told = output_of(["wrk", "--threads", "1", "--connections", "50", "--duration", "2s", own.url("/")]).decode()
    expect("Socket errors" not in told and "Non-2xx" not in told, f"wrk had errors:\n{told}")
    return re.search(r"Requests/sec: *([\d.]+)", told)[1] + " requests/s"


def ab_loads(own):
    told = output_of(["ab", "-q", "-k", "-n", "20000", "-c", "50", own.url("/")]).decode()
    expect(re.search(r"Failed requests: +0\n", told) and "Non-2xx" not in told, f"ab had errors:\n{told}")
    output_of(["ab", "-q", "-n", "2000", "-c", "50", own.url("/")])  # HTTP/1.0, a connection each
    return re.search(r"Requests per second: *([\d.]+)", told)[1] + " requests/s"


def redis_benchmark_pings(own):
    rates = []
    for pipeline in ("1", "16"):
        command = ["redis-benchmark", "-p", own["ping"], "-t", "ping", "-n", "20000", "-c", "50", "-P", pipeline, "--csv"]
        told = output_of(command).decode()
        found = re.findall(r'^"PING_(?:INLINE|MBULK)","([\d.]+)"', told, re.MULTILINE)
        expect(len(found) == 2, f"redis-benchmark said:\n{told}")
        rates += found
    return " ".join(rates) + " requests/s"


# --- Clients over halka, other servers -------------------------------------------------------------


def nginx(directory, port):
    folder = directory / "nginx"
    folder.mkdir()
    (folder / "greeting").write_text("hello from nginx\n")
    (folder / "large").symlink_to(directory / "large")
    temporary = "".join(f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    root = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "conf").write_text(
        f"""{root}daemon off; worker_processes 1; pid {folder}/pid; error_log stderr;
        events {{ worker_connections 1024; }}
        http {{ access_log off; {temporary} keepalive_requests 100000;
          server {{ listen 127.0.0.1:{port} backlog=1024; root {folder}; }} }}"""
    )
    return Server([program_path("nginx"), "-p", folder, "-c", folder / "conf"], port)


def nginx_serves(client, directory):
    port = free_port()
    with nginx(directory, port):
        body = output_of([client, "http-get", port, "/large"])
        expect(digest(body) == digest(payload(LARGE)), "a download from nginx has another hash")
        output_of([client, "http-keep", port, "/greeting", 1000])
        output_of([client, "http-many", port, "/greeting", 200])


def redis_answers(client, directory):
    port = free_port()
    path = directory / "redis.sock"
    command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--unixsocket", path, "--save", "", "--dir", directory]
    with Server(command, port):
        for where in (port, path):
            output_of([client, "redis", where, 10_000])


# --- All of them -----------------------------------------------------------------------------------

SERVE = [
    ("curl", curl_keeps_alive),
    ("curl", curl_uses_one_connection),
    ("curl", curl_downloads),
    ("curl", curl_learns_of_errors),
    ("nc", nc_half_closes_tcp),
    ("nc", nc_half_closes_unix),
    ("nc", nc_sends_messages),
    ("socat", socat_half_closes),
    ("socat", socat_sends_messages),
    ("wrk", wrk_loads),
    ("ab", ab_loads),
    ("redis-benchmark", redis_benchmark_pings),
]
ASK = [("nginx", nginx_serves), ("redis-server", redis_answers)]


def program_path(name):
    """Servers are often not in the PATH of users."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


class Tally:
    def __init__(self, must_have_all):
        self.must_have_all = must_have_all
        self.passed, self.failed, self.skipped = 0, 0, set()

    def run(self, program, check, *arguments):
        name = check.__name__.replace("_", " ")
        if not program_path(program):
            if program not in self.skipped:
                print(f"skipped: {program} is not installed")
            self.skipped.add(program)
            return
        start = time.monotonic()
        try:
            told = check(*arguments)
            self.passed += 1
            print(f"ok    {name} ({time.monotonic() - start:.1f} s{', ' + told if told else ''})")
        except (Failure, OSError, subprocess.TimeoutExpired) as failure:
            self.failed += 1
            print(f"FAIL  {name}: {failure}")
        sys.stdout.flush()

    def good(self):
        return not self.failed and not (self.must_have_all and self.skipped)


def main():
    programs = [word for word in sys.argv[1:] if word != "--all"]
    if len(programs) != 2:
        sys.exit(__doc__)
    servers, client = programs
    tally = Tally("--all" in sys.argv or os.environ.get("HALKA_INTEROP_ALL") == "1")
    with tempfile.TemporaryDirectory(prefix="halka-interop-") as name:
        directory = Path(name)
        (directory / "large").write_bytes(payload(LARGE))
        try:
            with OwnServers(servers, directory) as own:
                for program, check in SERVE:
                    tally.run(program, check, own)
        except Failure as failure:
            tally.failed += 1
            print(f"FAIL  {failure}")
        for program, check in ASK:
            tally.run(program, check, client, directory)
    print(f"{tally.passed} passed, {tally.failed} failed, {len(tally.skipped)} programs are not installed")
    sys.exit(0 if tally.good() else 1)


if __name__ == "__main__":
    main()
