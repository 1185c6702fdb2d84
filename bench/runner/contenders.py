# SPDX-License-Identifier: MIT
"""The programs that are compared. One that this machine cannot build or run is named and skipped."""

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Contender:
    name: str
    role: str  # limit, halka, epoll (halka on that backend) or peer
    command: list
    scale: int = 1  # does 1/scale of the units: it is that much slower
    keys: set = field(default_factory=set)
    renamed: dict = field(default_factory=dict)  # what the contender calls a workload, if not as the others do

    def key(self, workload):
        return self.renamed.get(key := workload.key_of(self.role), key)

    def can_do(self, workload):
        return self.key(workload) in self.keys

    def ask_keys(self):
        answer = subprocess.run([*self.command, "--list"], capture_output=True, text=True)
        self.keys = set(answer.stdout.split()) if answer.returncode == 0 else set()
        return bool(self.keys)


def program(name, role, path):
    contender = Contender(name, role, [str(path)])
    if not Path(path).is_file() or not contender.ask_keys():
        raise SystemExit(f"halka-bench: {path} is missing or does not run")
    return contender


def optional(name, command, advice, scale=1):
    """A peer, or the reason why there is none."""
    contender = Contender(name, "peer", [str(part) for part in command], scale)
    if Path(contender.command[0]).is_file() and contender.ask_keys():
        return contender
    return f"{name} (Debian: {advice})"


def blocking_reads(build):
    """No peer, but what to compare file reads with: a program that does nothing else meanwhile."""
    return Contender("pread", "peer", [str(build / "bench-limit")], keys={"pread"}, renamed={"read": "pread"})


def on_epoll(build):
    """halka where io_uring is forbidden: cached reads need no thread."""
    return Contender("halka epoll", "epoll", ["env", "HALKA_BACKEND=epoll", str(build / "bench-halka")], keys={"read", "read_direct"})


def python_peer(name, source, advice):
    for python in ("/usr/bin/python3", sys.executable):  # Debian's packages belong to Debian's Python
        if Path(python).is_file():
            found = optional(name, [python, source / "peers/asyncio_peer.py", name], advice, scale=20)
            if isinstance(found, Contender):
                return found
    return f"{name} (Debian: {advice})"


CARGO_CONFIG = """[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "/usr/share/cargo/registry"
"""


def build_tokio(source, build):
    """Compiles the tokio peer from Debian's sources, without the network; a few seconds, once."""
    advice = "librust-tokio-dev cargo"
    folder = build / "tokio"
    done = folder / "target/release/tokio-peer"
    programs = [done, done.with_name("tokio-echo")]
    cargo = next((c for c in ("/usr/bin/cargo", shutil.which("cargo")) if c and Path(c).is_file()), None)
    sources = [source / "peers/tokio" / name for name in ("Cargo.toml", "src/main.rs", "src/echo.rs")]
    stale = not all(p.is_file() and p.stat().st_mtime >= max(s.stat().st_mtime for s in sources) for p in programs)
    if stale and cargo and any(Path("/usr/share/cargo/registry").glob("tokio-1*")):
        for s in sources:
            copy = folder / s.relative_to(source / "peers/tokio")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(s, copy)
        (folder / ".cargo").mkdir(exist_ok=True)
        (folder / ".cargo/config.toml").write_text(CARGO_CONFIG)
        try:
            built = subprocess.run([cargo, "build", "--release", "--offline"], cwd=folder, capture_output=True, text=True, timeout=180)
        except subprocess.TimeoutExpired:
            return "tokio (cargo took more than 3 minutes)"
        if built.returncode != 0:
            return f"tokio (cargo failed: {built.stderr.strip().splitlines()[-1]})"
    return optional("tokio", [done], advice)


def find_contenders(source, build, with_peers, others):
    """The contenders, limit and halka first, and the peers that are missing."""
    source, build = Path(source), Path(build)
    found = [program("limit", "limit", build / "bench-limit"), program("halka", "halka", build / "bench-halka"), on_epoll(build)]
    for other in others:
        name, _, path = other.rpartition("=")
        found.append(program(name or Path(path).name, "halka", path))
    missing = []
    if with_peers:
        peers = [
            blocking_reads(build),
            optional("asio", [build / "bench-asio"], "libasio-dev, then ./dev clean"),
            optional("asio uring", [build / "bench-asio-files"], "libasio-dev >= 1.21, then ./dev clean"),
            optional("libuv", [build / "bench-libuv"], "libuv1-dev, then ./dev clean"),
            build_tokio(source, build),
            python_peer("asyncio", source, "python3 >= 3.11"),
            python_peer("uvloop", source, "python3-uvloop"),
            optional("ProcessPoolExecutor", [sys.executable, source / "peers/process_pools.py", "executor"], "python3", scale=20),
            optional("multiprocessing.Pool", [sys.executable, source / "peers/process_pools.py", "pool"], "python3", scale=20),
        ]
        found += [p for p in peers if isinstance(p, Contender)]
        missing = [p for p in peers if not isinstance(p, Contender)]
    return found, missing
