# SPDX-License-Identifier: MIT
"""How fast the embedded server is, and how true its simulated delays are."""
import json
import pathlib
import statistics
import subprocess
import tempfile
import urllib.request

from presigned import PRESIGN, wrk_rate
from servers import embedded_server

BUCKET, KEYS, COUNT, BODY_BYTES = "speed", "/speed/key-%d", 1000, 10240
SECONDS, FILL_SECONDS = 5, 3
EPOLL_WAITING, EPOLL_JOBS, TRUTH_WAITING = 512, 60000, 1000


def make_bucket(endpoint):
    target = subprocess.run([PRESIGN, "PUT", endpoint.url, f"/{BUCKET}"], text=True, check=True,
                            env=endpoint.environment, capture_output=True).stdout.strip()
    urllib.request.urlopen(urllib.request.Request(endpoint.url + target, method="PUT"),
                           timeout=30).close()


def gets(endpoint, connections):
    return wrk_rate(endpoint, "GET", KEYS, COUNT, connections, SECONDS)


def puts(endpoint, connections, seconds=SECONDS):
    return wrk_rate(endpoint, "PUT", KEYS, COUNT, connections, seconds, BODY_BYTES)


def measure_undelayed(report, programs):
    with embedded_server(programs) as endpoint:
        make_bucket(endpoint)
        for connections in (16, 1):
            report.add(f"embedded: presigned PUTs of 10 KB over {connections}",
                       puts(endpoint, connections), "PUT/s")
        report.add("embedded: presigned GETs of 10 KB over 16", gets(endpoint, 16),
                   "GET/s", at_least=25000)
        report.add("embedded: presigned GETs of 10 KB over 1", gets(endpoint, 1), "GET/s")


def measure_waiting(report, programs):
    """Delays short enough that the server is the limit, with hundreds of requests in them."""
    with embedded_server(programs, "--latency", "s3-fast") as endpoint:
        make_bucket(endpoint)
        puts(endpoint, 256, FILL_SECONDS)
        report.add(f"embedded: GETs under s3-fast, {EPOLL_WAITING} waiting, wrk",
                   gets(endpoint, EPOLL_WAITING), "GET/s", at_least=15000)
        jobs = "".join(f"GET {BUCKET} key-{n % COUNT} {BODY_BYTES}\n" for n in range(EPOLL_JOBS))
        ran = subprocess.run([PRESIGN.with_name("engine_loop"), "-c", str(EPOLL_WAITING),
                              endpoint.url], input=jobs, text=True, check=True,
                             env=endpoint.environment, capture_output=True)
        report.add("embedded: the same through this project's engine",
                   json.loads(ran.stdout)["requests_per_s"], "GET/s")


def logged_gets(path):
    with open(path, encoding="utf-8") as log:
        return [r for r in map(json.loads, log) if r["operation"] == "GetObject"]


def measure_truth(report, programs):
    """The median over the GETs of |actual - drawn| / drawn."""
    with tempfile.TemporaryDirectory(prefix="s3-kit-bench.") as root:
        log = pathlib.Path(root, "requests.jsonl")
        with embedded_server(programs, "--latency", "s3-standard", "--request-log",
                             str(log)) as endpoint:
            make_bucket(endpoint)
            puts(endpoint, 256, FILL_SECONDS)
            report.add(f"embedded: GETs under s3-standard, {TRUTH_WAITING} waiting",
                       gets(endpoint, TRUTH_WAITING), "GET/s")
        requests = logged_gets(log)
    report.add("embedded: in flight at most", max(r["in_flight"] for r in requests),
               at_least=TRUTH_WAITING)
    report.add("embedded: delays off by, at the median", statistics.median(
        abs(r["actual_us"] - r["drawn_us"]) / r["drawn_us"] for r in requests), at_most=0.10)


def measure_server(report, programs):
    measure_undelayed(report, programs)
    measure_waiting(report, programs)
    measure_truth(report, programs)
