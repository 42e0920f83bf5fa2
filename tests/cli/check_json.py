#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The JSON of the programs has the shape that shapes.json gives, in good runs and in failed ones.

    check_json.py BIN

It starts itself under `s3-bench serve`, which hands it an endpoint in the environment. A field
once published keeps its name and type; new ones have to be added to shapes.json.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SHAPES = json.loads((pathlib.Path(__file__).resolve().parent / "shapes.json").read_text())
TYPES = {
    "string": lambda v: isinstance(v, str),
    "count": lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= 0,
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "bool": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "date": lambda v: isinstance(v, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", v) is not None,
    "sha256": lambda v: isinstance(v, str) and re.fullmatch(r"[0-9a-f]{64}", v) is not None,
}
RANGE = ["--from", "2024-01-01", "--to", "2024-01-03"]


def differences(shape, value, where):
    """Where a value is not of a shape; "*" in an object stands for any name, and one that has "?"
    may be null."""
    if isinstance(shape, str) and shape.startswith("="):
        shape = SHAPES[shape]
    if isinstance(shape, str):
        good = any(TYPES[name](value) for name in shape.split("|"))
        return [] if good else [f"{where}: {value!r} is not {shape}"]
    if isinstance(shape, dict) and "?" in shape:
        if value is None:
            return []
        shape = {name: inner for name, inner in shape.items() if name != "?"}
    if type(shape) is not type(value):
        return [f"{where}: {value!r} is not of the shape {shape!r}"]
    if isinstance(shape, list):
        return [d for i, v in enumerate(value) for d in differences(shape[0], v, f"{where}[{i}]")]
    found = [f"{where}: {name} is missing" for name in shape if name not in value and name != "*"]
    for name, inner in value.items():
        if name in shape or "*" in shape:
            found += differences(shape.get(name, shape.get("*")), inner, f"{where}.{name}")
        else:
            found.append(f"{where}: {name} is not in shapes.json")
    return found


class Checks:
    def __init__(self, programs):
        self.programs = programs
        self.problems = []

    def run(self, schema, exit_status, program, *args):
        """Runs a program with --json and checks status and shape; returns the document."""
        ran = subprocess.run([str(self.programs / program), "--json", *args], text=True, check=False,
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        name = " ".join([program, *args])
        try:
            document = json.loads(ran.stdout)
        except json.JSONDecodeError as error:
            self.problems.append(f"{name}: not one JSON document: {error}: {ran.stdout[:200]!r}")
            return {}
        self.expect(name, "exit status", ran.returncode, exit_status)
        self.expect(name, "schema", document.get("schema"), schema)
        self.problems += [f"{name}: {d}" for d in differences(SHAPES[schema], document, "$")]
        return document

    def run_bench(self, exit_status, verb, *args):
        """s3-bench names its verb first, and its document is s3-bench/1 in either case."""
        ran = subprocess.run([str(self.programs / "s3-bench"), verb, "--json", *args], text=True,
                             check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        self.expect("s3-bench", "exit status", ran.returncode, exit_status)
        try:
            document = json.loads(ran.stdout)
        except json.JSONDecodeError as error:
            self.problems.append(f"s3-bench: not one JSON document: {error}: {ran.stdout[:200]!r}")
            return {}
        self.expect("s3-bench", "schema", document.get("schema"), "s3-bench/1")
        return document

    def expect(self, name, what, got, wanted):
        if got != wanted:
            self.problems.append(f"{name}: {what} is {got!r}, not {wanted!r}")


def check_all(checks):
    generated = checks.run("s3-generate-result/1", 0, "s3-generate", "-r", "3", "-f", "20", "--seed",
                           "3", "-b", "logs", "--prefix", "in/", "--create-bucket", *RANGE)
    run = ("s3://logs/in/", "s3://logs/out/", *RANGE)
    planned = checks.run("s3-compact/1", 0, "s3-compact", "--dry-run", *run)
    first = checks.run("s3-compact/1", 0, "s3-compact", *run)
    again = checks.run("s3-compact/1", 0, "s3-compact", *run)
    failed = checks.run("s3-compact/1", 1, "s3-compact", "s3://no-such-bucket/in/", *run[1:])
    checks.run("s3-generate-result/1", 1, "s3-generate", "-r", "3", "-f", "2", "-b", "no-such-bucket")

    os.environ.pop("AWS_SECRET_ACCESS_KEY")
    checks.run("s3-generate-result/1", 1, "s3-generate", "-r", "3", "-f", "2", "-b", "logs")
    small = ("run", "--latency", "none", "--objects", "6", "--days", "2", "--rounds", "2",
             "--concurrency", "2", "--fan-out", "objects")
    with tempfile.TemporaryDirectory(prefix="s3-kit-json.") as results:
        measured = checks.run_bench(0, *small, "--out", results)
        checks.expect("benchmark", "rounds", measured.get("summary", {}).get("rounds"), 2)
        on_disk = json.loads((pathlib.Path(results) / "result.json").read_text())
        checks.expect("benchmark", "result.json", on_disk, measured)
    failed_run = checks.run_bench(1, *small, "s3://no-such-bucket/")
    checks.expect("failed benchmark", "an error", bool(failed_run.get("error")), True)

    totals = first["totals"]
    checks.expect("first run", "objects", totals["objects"], generated["objects"])
    checks.expect("first run", "bytes", totals["bytes"], generated["bytes"])
    checks.expect("first run", "requests", first["requests"]["GetObject"]["count"], 20)
    checks.expect("dry run", "planned", planned["totals"]["planned"], 3)
    checks.expect("second run", "unchanged", again["totals"]["unchanged"], 3)
    checks.expect("failed run", "failed", failed["totals"]["failed"], 3)


def main():
    programs = pathlib.Path(sys.argv[1]).resolve()
    if "--served" not in sys.argv:
        serve = [str(programs / "s3-bench"), "serve", "--", sys.executable, *sys.argv, "--served"]
        os.execv(serve[0], serve)
    checks = Checks(programs)
    check_all(checks)
    print("\n".join(checks.problems) or "every document has its shape")
    return 1 if checks.problems else 0


if __name__ == "__main__":
    sys.exit(main())
