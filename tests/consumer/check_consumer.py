#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds and runs main.cpp the way a user of halka does.

usage: check_consumer.py static|shared|subproject SOURCE_ROOT BUILD_DIR

static      installs BUILD_DIR into a private root, then g++ and pkg-config
shared      the same with a shared library, built below BUILD_DIR
subproject  a Meson project that has halka below subprojects/, built below BUILD_DIR

What is built below BUILD_DIR stays there, so the next time only what changed is built again.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]
# Not optimised: quick to build, and nothing that must be exported is hidden by inlining.
QUICK_BUILD = ["--buildtype=plain", "--werror"]

PROJECT = """\
project('consumer', 'cpp', default_options: ['cpp_std=c++20', 'default_library=static'])
subproject('halka')
executable('consumer', 'main.cpp', dependencies: dependency('halka'))
"""


def run(*command, **options):
    print("$", *command, flush=True)
    subprocess.run([str(word) for word in command], check=True, **options)


def meson_build(source, build, *options):
    if not (build / "build.ninja").exists():
        environment = {"CXX": "g++", **os.environ}
        run("meson", "setup", build, source, *QUICK_BUILD, *options, env=environment)
    run("ninja", "-C", build, "--quiet")


def check_installed(source, build, work):
    root = work / "root"
    shutil.rmtree(root, ignore_errors=True)
    run("meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", root)
    package = next(root.rglob("halka.pc"))
    environment = dict(
        os.environ,
        PKG_CONFIG_PATH=str(package.parent),
        PKG_CONFIG_SYSROOT_DIR=str(root),
        LD_LIBRARY_PATH=str(package.parent.parent),
    )
    # A static-only installation must link both ways, since not every build asks for --static.
    for how in [[], ["--static"]]:
        query = ["pkg-config", "--cflags", "--libs", *how, "halka"]
        flags = subprocess.check_output(query, env=environment, text=True).split()
        program = work / "consumer"
        run("g++", "-std=c++20", *WARNINGS, source / "tests/consumer/main.cpp", *flags, "-o", program)
        run(program, env=environment)


def check_subproject(source, work):
    project = work / "project"
    (project / "subprojects").mkdir(parents=True, exist_ok=True)
    (project / "meson.build").write_text(PROJECT)
    shutil.copy2(source / "tests/consumer/main.cpp", project)
    link = project / "subprojects/halka"
    if not link.exists():
        link.symlink_to(source)
    meson_build(project, work / "build", "-Dhalka:in_pieces=true")
    run(work / "build/consumer")


def main(how, source, build):
    work = build / "consumer" / how
    work.mkdir(parents=True, exist_ok=True)
    if how == "static":
        check_installed(source, build, work)
    elif how == "shared":
        only_library = ["-Dtests=disabled", "-Dexamples=disabled", "-Dbench=disabled", "-Din_pieces=true"]
        meson_build(source, work / "build", "-Ddefault_library=shared", *only_library)
        check_installed(source, work / "build", work)
    else:
        check_subproject(source, work)


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("static", "shared", "subproject"):
        sys.exit(__doc__)
    try:
        main(sys.argv[1], Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve())
    except subprocess.CalledProcessError as error:
        sys.exit(str(error))
