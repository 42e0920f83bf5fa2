#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Speed and memory of the programs, as ratios from interleaved rounds of one run.

    ./run bench [--only server,real,memory,latency,adaptive,generate] [--rounds N]

server    the embedded server under wrk: its rates, and the truth of the delays it simulates
real      s3-compact against the bare libcurl loop (bare_loop.c) on MinIO and on versitygw: rate
          and CPU, 64 in flight and in sequence, with wrk's presigned GET rate beside it
memory    a million objects of 1 KiB in 100 dates on the embedded server: peak memory and time,
          and what the server itself needs beside their bytes
latency   20,010 objects under s3-standard latencies: work time against sum of service time / 64
adaptive  -j auto under S3's limit of 5,500 reads a second, and on MinIO against fixed -j
generate  s3-generate into memory, and its uploads against wrk's presigned PUTs

The machine serves and measures at once, so absolute rates are of this machine; the ratios are
what is compared with the targets.
"""
import argparse
import json
import math
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from embedded import measure_server
from presigned import wrk_rate
from servers import REGION, embedded_server, real_server

PROGRAMS = pathlib.Path(__file__).resolve().parents[2] / "build" / "bin"
TESTS = PROGRAMS.parent / "tests"
BUCKET, SOURCE = "bench", "in/"
OBJECTS, ROWS, FIRST, LAST = 20010, 66, "2024-01-01", "2024-01-30"
SEQUENTIAL_LAST = "2024-01-06"  # a fifth of the dates: one at a time is slow
WRK_SECONDS, WRK_KEYS, WRK_COUNT = 5, f"/{BUCKET}/wrk/%d", 1000
MIB = 1 << 20
# Student's t, two-sided 95 %, by degrees of freedom.
T_95 = {1: 12.71, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}


class Ran:
    """A program that ran to its end, and what it cost."""

    def __init__(self, command, environment):
        start = time.monotonic()
        process = subprocess.Popen([str(word) for word in command], env=environment, text=True,
                                   stdout=subprocess.PIPE)
        self.stdout = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.wall_s = time.monotonic() - start
        self.cpu_s = usage.ru_utime + usage.ru_stime
        if process.returncode != 0:
            raise RuntimeError(f"{command[0]} ended with {process.returncode}")


class Report:
    """Lines of a table: what, measured, target, verdict."""

    def __init__(self):
        self.lines = []

    def add(self, what, value, unit="", at_least=None, at_most=None):
        target, good = "", None
        if at_least is not None:
            target, good = f">= {at_least:g}", value >= at_least
        elif at_most is not None:
            target, good = f"<= {at_most:g}", value <= at_most
        self.lines.append({"what": what, "value": value, "unit": unit, "target": target,
                           "met": good})
        mark = {None: "", True: "met", False: "MISSED"}[good]
        print(f"{what:<58} {value:>10,.4g} {unit:<10} {target:<9} {mark}".rstrip(), flush=True)

    def all_met(self):
        return all(line["met"] is not False for line in self.lines)


def have(server):
    """Whether a real server is there; says so when not."""
    found = bool(os.environ.get(f"{server.upper()}_BIN"))
    if not found:
        print(f"skipped: no {server} here")
    return found


def geometric_mean(values):
    return math.exp(sum(math.log(v) for v in values) / len(values))


def seed(endpoint, objects=OBJECTS, rows=ROWS, last=LAST, concurrency=32):
    """Fills BUCKET/in/ and returns (seconds, manifest entries)."""
    with tempfile.TemporaryDirectory(prefix="s3-kit-bench.") as root:
        path = pathlib.Path(root, "manifest.jsonl")  # renamed into place, so opened afterwards
        ran = Ran([PROGRAMS / "s3-generate", "-q", "-r", rows, "-f", objects, "-b", BUCKET,
                   "--prefix", SOURCE, "--seed", 1, "--from", FIRST, "--to", last,
                   "--create-bucket", "-j", concurrency, "--manifest", path],
                  endpoint.environment)
        with open(path, encoding="utf-8") as manifest:
            return ran.wall_s, [line for line in map(json.loads, manifest) if "key" in line]


def compact(endpoint, destination, last=LAST, options=()):
    ran = Ran([PROGRAMS / "s3-compact", "--json", "--progress", "never",
               f"s3://{BUCKET}/{SOURCE}", f"s3://{BUCKET}/{destination}", "--from", FIRST,
               "--to", last, *options], endpoint.environment)
    document = json.loads(ran.stdout)
    return ran, document


def bare_jobs(manifest, destination):
    """The requests of s3-compact, as presign_jobs reads them: for each date its listing, its GETs
    and the PUT of its output."""
    dates = {}
    for entry in manifest:
        dates.setdefault(entry["date"], []).append(entry)
    lines = []
    for date, entries in sorted(dates.items()):
        lines.append(f"LIST {BUCKET}")
        lines += [f"GET {BUCKET} {entry['key']} {entry['size']}" for entry in entries]
        lines.append(f"PUT {BUCKET} {destination}{date} {sum(e['size'] for e in entries)}")
    return "\n".join(lines) + "\n"


class BareLoop:
    """The yardstick at one concurrency; its requests are signed beforehand."""

    def __init__(self, endpoint, manifest, concurrency):
        self.command = [TESTS / "bare_loop", "-c", str(concurrency)]
        self.urls = subprocess.run([TESTS / "presign_jobs", endpoint.url, REGION], text=True,
                                   input=bare_jobs(manifest, f"bare{concurrency}/"), check=True,
                                   env=endpoint.environment, capture_output=True).stdout

    def run(self, _):
        ran = subprocess.run(self.command, input=self.urls, text=True, check=True,
                             capture_output=True)
        measured = json.loads(ran.stdout)
        return measured["wall_s"], measured["user_s"] + measured["system_s"]


class Compact:
    """s3-compact with some options; every round writes to a prefix of its own."""

    def __init__(self, endpoint, name, last, *options):
        self.endpoint, self.name, self.last, self.options = endpoint, name, last, options

    def run(self, number):
        document = compact(self.endpoint, f"{self.name}-{number}/", self.last, self.options)[1]
        resources = document["resources"]
        return document["work_s"], resources["user_s"] + resources["system_s"]


def report_pair(report, what, objects, ours, bare):
    """Both are lists of (seconds, CPU seconds), round by round."""
    report.add(f"{what}: s3-compact", objects / geometric_mean([o[0] for o in ours]), "objects/s")
    report.add(f"{what}: bare loop", objects / geometric_mean([b[0] for b in bare]), "objects/s")
    report.add(f"{what}: rate against the bare loop",
               geometric_mean([b[0] / o[0] for o, b in zip(ours, bare)]), at_least=0.90)
    report.add(f"{what}: CPU of s3-compact, an object",
               geometric_mean([o[1] for o in ours]) / objects * 1e6, "us")
    report.add(f"{what}: CPU against the bare loop",
               geometric_mean([o[1] / b[1] for o, b in zip(ours, bare)]), at_most=1.3)


def measure_real(report, name, rounds, shuffle):
    with real_server(name) as endpoint:
        _, manifest = seed(endpoint)
        few = [entry for entry in manifest if entry["date"] <= SEQUENTIAL_LAST]
        cells = {
            ("64 in flight", "ours"): Compact(endpoint, "ours64", LAST, "-j", "64"),
            ("64 in flight", "bare"): BareLoop(endpoint, manifest, 64),
            ("in sequence", "ours"): Compact(endpoint, "ours1", SEQUENTIAL_LAST,
                                             "--mode", "sequential"),
            ("in sequence", "bare"): BareLoop(endpoint, few, 1),
        }
        samples = {cell: [] for cell in cells}
        for number in range(rounds + 1):  # round 0 warms up
            for cell in shuffle.sample(list(cells), len(cells)):
                sample = cells[cell].run(number)
                if number > 0:
                    samples[cell].append(sample)
        for what, objects in (("64 in flight", len(manifest)), ("in sequence", len(few))):
            report_pair(report, f"{name}, {what}", objects, samples[what, "ours"],
                        samples[what, "bare"])
        size = sum(entry["size"] for entry in manifest) // len(manifest)
        wrk_rate(endpoint, "PUT", WRK_KEYS, WRK_COUNT, 16, WRK_SECONDS, size)
        for connections in (16, 1):
            rate = wrk_rate(endpoint, "GET", WRK_KEYS, WRK_COUNT, connections, WRK_SECONDS)
            report.add(f"{name}: wrk, presigned GETs, {connections} connections", rate, "GET/s")


def measure_memory(report):
    with embedded_server(PROGRAMS) as endpoint:
        before = endpoint.memory_bytes()
        seconds, manifest = seed(endpoint, 1000000, 7, "2024-04-09", 64)
        overhead = endpoint.memory_bytes() - before - sum(entry["size"] for entry in manifest)
        report.add("a million objects: seeding", seconds, "s")
        report.add("a million objects: the server's memory beside their bytes, each",
                   overhead / len(manifest), "bytes", at_most=250)
        ran, document = compact(endpoint, "out/", "2024-04-09")
        assert document["totals"]["objects"] == len(manifest)
        report.add("a million objects in 100 dates: time", ran.wall_s, "s")
        report.add("a million objects: rate", len(manifest) / ran.wall_s, "objects/s")
        report.add("a million objects: peak memory, MiB (--memory 256)", document["resources"]["max_rss_bytes"] / MIB, "MiB",
                   at_most=256 + 64)


def logged_service_s(path):
    """Of s3-compact's requests: all but the seeding's."""
    total_us = 0
    with open(path, encoding="utf-8") as log:
        for request in map(json.loads, log):
            seeding = request["operation"] == "CreateBucket" or (
                request["operation"] == "PutObject" and request["key"].startswith(SOURCE))
            total_us += 0 if seeding else request["service_us"]
    return total_us / 1e6


def measure_latency(report):
    with tempfile.TemporaryDirectory(prefix="s3-kit-bench.") as root:
        log = pathlib.Path(root, "requests.jsonl")
        with embedded_server(PROGRAMS, "--latency", "s3-standard", "--request-log",
                             str(log)) as endpoint:
            seed(endpoint, concurrency=256)
            _, document = compact(endpoint, "out/", options=("-j", "64"))
        ideal_s = logged_service_s(log) / 64
    report.add("s3-standard, 64 in flight: work time", document["work_s"], "s")
    report.add("s3-standard: work time against sum of service / 64", document["work_s"] / ideal_s,
               at_most=1.05)
    report.add("s3-standard: peak memory", document["resources"]["max_rss_bytes"] / MIB, "MiB", at_most=256 + 64)


def measure_limited(report):
    """Under simulated s3-standard latencies and S3's own limit."""
    objects, limit = 100000, 5500
    with embedded_server(PROGRAMS, "--latency", "s3-standard", "--rate-limit",
                         f"{limit},100000") as endpoint:
        seed(endpoint, objects, 7, concurrency=256)
        _, document = compact(endpoint, "out/")
    gets = document["requests"]["GetObject"]
    report.add("-j auto, limit of 5,500 reads/s: rate against the limit",
               objects / document["work_s"] / limit, at_least=0.95)
    report.add("-j auto, limit of 5,500 reads/s: refused",
               document["retries"].get("SlowDown", 0) / gets["attempts"], at_most=0.02)


def measure_widths(report, rounds, shuffle):
    """The ratio of each fixed width to auto, with what auto differs from itself beside it."""
    widths = ("auto", "auto-again", "16", "64", "256")
    with real_server("minio") as endpoint:
        seed(endpoint)
        samples = {width: [] for width in widths}
        for number in range(rounds + 1):
            for width in shuffle.sample(widths, len(widths)):
                cell = Compact(endpoint, f"j-{width}", LAST, "-j", width.split("-")[0])
                sample = cell.run(number)[0]
                if number > 0:
                    samples[width].append(sample)
        for width in widths[1:]:
            ratios = [a / b for a, b in zip(samples["auto"], samples[width])]
            mean = geometric_mean(ratios)
            spread = math.exp(statistics.stdev(map(math.log, ratios)) / math.sqrt(rounds)
                              * T_95[rounds - 1])
            report.add(f"minio, -j auto: time against -j {width}", mean,
                       f"({mean / spread:.3f} to {mean * spread:.3f})")


def measure_adaptive(report, rounds, shuffle):
    measure_limited(report)
    if have("minio"):
        measure_widths(report, rounds, shuffle)


def measure_generate(report):
    memory = pathlib.Path("/dev/shm")
    root = tempfile.mkdtemp(prefix="s3-kit-bench.", dir=memory if memory.is_dir() else None)
    try:
        ran = Ran([PROGRAMS / "s3-generate", "--json", "-q", "-r", 64000, "-f", 100, "--seed", 1,
                   "--from", FIRST, "--to", LAST, "--to-dir", root, "-j", 1], os.environ)
        size = json.loads(ran.stdout)["bytes"]
    finally:
        shutil.rmtree(root)
    report.add("s3-generate --to-dir in memory, a core", size / ran.cpu_s / 1e6, "MB/s",
               at_least=500)
    if not have("minio"):
        return
    with real_server("minio") as endpoint:
        seconds, manifest = seed(endpoint)
        size = sum(entry["size"] for entry in manifest) // len(manifest)
        wrk = wrk_rate(endpoint, "PUT", WRK_KEYS, OBJECTS, 32, WRK_SECONDS, size)
        report.add("s3-generate, uploads on MinIO, 32 in flight", len(manifest) / seconds, "PUT/s")
        report.add("s3-generate, uploads against wrk's presigned PUTs",
                   len(manifest) / seconds / wrk, at_least=0.90)


def main():
    parser = argparse.ArgumentParser(description="speed and memory, against bare libcurl and wrk")
    parser.add_argument("--only", default="server,real,memory,latency,adaptive,generate")
    parser.add_argument("--rounds", type=int, default=5, choices=range(2, 11))
    parser.add_argument("--out", help="also write the table as JSON to this file")
    args = parser.parse_args()
    report, shuffle, parts = Report(), random.Random(1), args.only.split(",")
    if "server" in parts:
        measure_server(report, PROGRAMS)
    if "real" in parts:
        for name in ("minio", "versitygw"):
            if have(name):
                measure_real(report, name, args.rounds, shuffle)
    if "adaptive" in parts:
        measure_adaptive(report, args.rounds, shuffle)
    for part, measure in (("memory", measure_memory), ("latency", measure_latency),
                          ("generate", measure_generate)):
        if part in parts:
            measure(report)
    if args.out:
        pathlib.Path(args.out).write_text(json.dumps(report.lines, indent=2) + "\n", encoding="utf-8")
    return 0 if report.all_met() else 1


if __name__ == "__main__":
    sys.exit(main())
