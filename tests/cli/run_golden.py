#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Golden tests of the command lines: what is printed, where, and with which exit status.

    run_golden.py BIN VERSION [--update] [CASE ...]

A case is a file in cases/: lines that begin with "$ " are commands, "> " expected stdout, "! "
expected stderr and "? " the exit status; "#" begins a comment. A command may have spaces in
quotes but there is no shell; it runs in an empty directory of the case, which is {TMP} in commands
and output. {VERSION} is the version, and milliseconds are {N}. With --update the expectations are rewritten from what happens now; read
the difference before you commit it.
"""
import argparse
import difflib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

CASES = pathlib.Path(__file__).resolve().parent / "cases"
TIMEOUT_S = 60


def clean_environment(home):
    """Nothing of this machine's S3 set-up, and one language."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": home, "LC_ALL": "C", "TZ": "UTC"}


def mark(prefix, text):
    """Each line with its mark; a last line without an end of line shows as such."""
    lines = text.split("\n")
    ended = lines.pop() == ""
    marked = [f"{prefix} {line}".rstrip() for line in lines]
    return marked if ended else marked + [f"{prefix} {text.rsplit(chr(10), 1)[-1]}{{NO NEWLINE}}"]


class Case:
    def __init__(self, path, programs, version):
        self.path = path
        self.programs = programs
        self.version = version
        self.expected = path.read_text().splitlines()

    def run(self):
        """The case's text as it would be if all expectations were right."""
        with tempfile.TemporaryDirectory(prefix="s3-kit-cli.") as tmp:
            lines = []
            for line in self.expected:
                if line.startswith("$ "):
                    lines.append(line)
                    lines += self.run_command(line[2:], tmp)
                elif not line.startswith((">", "!", "?")):
                    lines.append(line)
            return lines

    def run_command(self, command, tmp):
        words = [word.replace("{TMP}", tmp) for word in shlex.split(command)]
        if (self.programs / words[0]).exists():
            words[0] = str(self.programs / words[0])
        ran = subprocess.run(words, cwd=tmp, env=clean_environment(tmp), text=True, check=False,
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S)
        return (mark(">", self.hide(ran.stdout, tmp)) + mark("!", self.hide(ran.stderr, tmp))
                + [f"? {ran.returncode}"])

    def hide(self, text, tmp):
        text = text.replace(tmp, "{TMP}").replace(self.version, "{VERSION}")
        return re.sub(r"\b[0-9]+ ms\b", "{N} ms", text)

    def check(self, update):
        """Whether it is as expected; the difference is printed."""
        got = self.run()
        if got == self.expected:
            return True
        if update:
            self.path.write_text("\n".join(got) + "\n")
            print(f"updated {self.path.relative_to(CASES)}")
            return True
        name = str(self.path.relative_to(CASES))
        print("\n".join(difflib.unified_diff(self.expected, got, f"{name} (expected)",
                                             f"{name} (now)", lineterm="")))
        return False


def main():
    parser = argparse.ArgumentParser(description="golden tests of the command lines")
    parser.add_argument("programs", type=pathlib.Path, help="directory of the programs")
    parser.add_argument("version", help="the version that they print")
    parser.add_argument("cases", nargs="*", type=pathlib.Path)
    parser.add_argument("--update", action="store_true", help="rewrite what is expected")
    args = parser.parse_args()
    paths = [path.resolve() for path in args.cases] or sorted(CASES.rglob("*.txt"))
    programs = args.programs.resolve()
    failed = [p for p in paths if not Case(p, programs, args.version).check(args.update)]
    print(f"{len(paths) - len(failed)} of {len(paths)} cases as expected")
    return 1 if failed or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
