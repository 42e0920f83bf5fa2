#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs what docs/embedded-server.md shows, as a reader would: block by block in one directory.

    page.py PROGRAMS

An HTML comment over a block says what to do with it:

    <!-- run -->              a shell script; must end with status 0
    <!-- run: boto3 -->       likewise, where this client is there
    <!-- file: NAME -->       becomes this file
    <!-- prints -->           is what the block before printed, line by line; "..." stands for anything
    <!-- steps: boto3 -->     a workflow: its `run:` lines that call s3-bench are scripts

Blocks without a comment are only shown; then the page may not claim anything about what they print.
Exit status 77 when clients were not there; with REQUIRE_REAL_SERVERS=1 that is a failure.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import run

PAGE = run.HERE.parents[1] / "docs" / "embedded-server.md"
BLOCK = re.compile(r"<!-- (run|file|prints|steps)(?:: ([^ ]+))? -->\n```\w*\n(.*?)^```$", re.M | re.S)
TIMEOUT_S = 120


class Page:
    def __init__(self, programs, home):
        self.home = pathlib.Path(home)
        self.python = run.find_python()
        paths = [str(programs), str(pathlib.Path(self.python).parent)]
        found = {}
        for client in ("rclone", "s5cmd"):
            program = run.find_program(client, run.NEEDS[client][1])
            if program:
                found[client] = program
                paths.append(str(pathlib.Path(program).parent))
        self.found = found
        self.environment = run.environment(home)
        self.environment["PATH"] = ":".join([*paths, self.environment["PATH"]])
        self.printed = ""
        self.ran, self.missing, self.failed = 0, set(), False

    def has(self, client):
        if client is None:
            return True
        kind, need = run.NEEDS[client]
        there = run.has_module(self.python, need) if kind == "module" else client in self.found
        if not there:
            self.missing.add(client)
        return there

    def script(self, text, client):
        self.printed = None
        if not self.has(client):
            return
        ran = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=self.home, check=False,
                             env=self.environment, text=True, stdin=subprocess.DEVNULL,
                             capture_output=True, timeout=TIMEOUT_S)
        self.ran += 1
        self.printed = ran.stdout
        if ran.returncode != 0:
            self.fail(f"ended with {ran.returncode}:\n{text}{ran.stdout}{ran.stderr}")

    def prints(self, text):
        if self.printed is None:
            return  # the client is not there
        pattern = re.escape(text.rstrip("\n")).replace(re.escape("..."), ".*")
        if not re.fullmatch(pattern, self.printed.rstrip("\n")):
            self.fail(f"does not print\n{text}but\n{self.printed}")

    def steps(self, text, client):
        for line in re.findall(r"^ *- run: (s3-bench .*)$", text, re.M):
            self.script(line + "\n", client)

    def fail(self, what):
        print(what)
        self.failed = True

    def play(self):
        for kind, argument, text in BLOCK.findall(PAGE.read_text()):
            if kind == "file":
                (self.home / argument).write_text(text)
            elif kind == "prints":
                self.prints(text)
            elif kind == "steps":
                self.steps(text, argument or None)
            else:
                self.script(text, argument or None)


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="s3-kit-page.") as home:
        page = Page(pathlib.Path(sys.argv[1]).resolve(), home)
        page.play()
    print(f"{page.ran} blocks run")
    if page.failed or page.ran == 0:
        return 1
    return run.give_up(f"no {', '.join(sorted(page.missing))}") if page.missing else 0


if __name__ == "__main__":
    sys.exit(main())
