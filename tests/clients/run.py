#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the tests of one S3 client inside `s3-bench serve -- ...`.

    run.py CLIENT PROGRAMS [argument of unittest ...]

CLIENT is boto3, pyarrow, awscli, rclone, s5cmd, mixed for several at once, or readers for what
reads the outputs of s3-compact; PROGRAMS is the directory of the programs. The tests are in test_CLIENT.py; they find the server as any program under
`serve` does, in the environment.

Python's clients come from the interpreter that CLIENTS_PYTHON names, otherwise from the virtual
environment that `./run test` makes, otherwise from this interpreter; programs from RCLONE_BIN and
S5CMD_BIN, otherwise from PATH. A client that is not there is skipped (77), or a failure when
REQUIRE_REAL_SERVERS is 1.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77
# What each client needs: a Python module or a program, and the variable that names the program.
NEEDS = {
    "boto3": ("module", "boto3"),
    "pyarrow": ("module", "pyarrow.fs"),
    "awscli": ("module", "awscli"),
    "rclone": ("program", "RCLONE_BIN"),
    "s5cmd": ("program", "S5CMD_BIN"),
    "mixed": ("module", "boto3, pyarrow.fs"),
    "readers": ("module", "boto3, duckdb, polars, pyarrow"),
}
# Enough latency that requests are suspended all the time, and the log as one more thing to write.
SERVE_OPTIONS = {"mixed": ["--latency", "minio-lan", "--request-log", "requests.jsonl"]}


def cache_directory():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(base, "s3-compaction-kit")


def find_python():
    """The interpreter that has the clients, as far as there is one."""
    named = os.environ.get("CLIENTS_PYTHON")
    if named:
        return named
    complete = sorted(cache_directory().glob("clients-*/complete"))
    return str(complete[-1].parent / "bin" / "python") if complete else sys.executable


def has_module(python, module):
    """Whether it can be imported: finding it is not enough where its libraries are broken."""
    return subprocess.run([python, "-c", f"import {module}"], check=False,
                          stderr=subprocess.DEVNULL).returncode == 0


def find_program(client, variable):
    named = os.environ.get(variable)
    cached = cache_directory() / "bin" / client
    return named or shutil.which(client) or (str(cached) if cached.exists() else None)


def give_up(reason):
    required = os.environ.get("REQUIRE_REAL_SERVERS") == "1"
    print(f"{'required' if required else 'skipped'}: {reason}")
    return 1 if required else SKIPPED


def environment(home, **more):
    """Nothing of this machine's S3 set-up: no profile, no proxy, no other endpoint."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": home, "TMPDIR": home,
            "LC_ALL": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONDONTWRITEBYTECODE": "1", **more}


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in NEEDS:
        print(__doc__, file=sys.stderr)
        return 2
    client, programs = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    kind, need = NEEDS[client]
    python, found = find_python(), {}
    if kind == "module":
        if not has_module(python, need):
            return give_up(f"no {client} in {python}")
    else:
        program = find_program(client, need)
        if not program:
            return give_up(f"no {client} in PATH, and {need} is not set")
        found[need] = program
    with tempfile.TemporaryDirectory(prefix="s3-kit-clients.") as home:
        test = [python, str(HERE / f"test_{client}.py"), *sys.argv[3:]]
        serve = [str(programs / "s3-bench"), "serve", *SERVE_OPTIONS.get(client, [])]
        return subprocess.run([*serve, "--", *test], cwd=home, check=False,
                              env=environment(home, KIT_PROGRAMS=str(programs), **found)).returncode


if __name__ == "__main__":
    sys.exit(main())
