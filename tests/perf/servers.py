# SPDX-License-Identifier: MIT
"""S3 servers for the measurements: MinIO, versitygw, and the embedded one with options."""
import contextlib
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import urllib.request

KEY, SECRET, REGION = "bench-key", "bench-secret-of-this-run", "us-east-1"
READY_TIMEOUT_S = 60


class Endpoint:
    """Where a server listens, and the environment that clients of it want."""

    def __init__(self, name, url, pid):
        self.name = name
        self.url = url
        self.pid = pid
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        self.environment.update(AWS_ENDPOINT_URL=url, AWS_ACCESS_KEY_ID=KEY,
                                AWS_SECRET_ACCESS_KEY=SECRET, AWS_REGION=REGION)

    def memory_bytes(self):
        """What the server has in memory now."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) << 10


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until_ready(url, process):
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=5).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer")


@contextlib.contextmanager
def real_server(name):
    """MinIO or versitygw on a fresh directory; ends with the block."""
    port = free_port()
    address, url = f"127.0.0.1:{port}", f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="s3-kit-bench.") as root:
        data = pathlib.Path(root, "data")
        data.mkdir()
        if name == "minio":
            command = [os.environ["MINIO_BIN"], "server", str(data), "--address", address]
            keys = {"MINIO_ROOT_USER": KEY, "MINIO_ROOT_PASSWORD": SECRET}
            health = "/minio/health/live"
        else:
            command = [os.environ["VERSITYGW_BIN"], "--port", address, "--health", "/health",
                       "--quiet", "posix", str(data)]
            keys = {"ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET}
            health = "/health"
        with open(pathlib.Path(root, "log"), "wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log,
                                       env={**keys, "HOME": root, "PATH": os.environ["PATH"]})
        try:
            wait_until_ready(url + health, process)
            yield Endpoint(name, url, process.pid)
        finally:
            process.terminate()
            process.wait()


@contextlib.contextmanager
def embedded_server(programs, *options):
    """`s3-bench serve` with these options; ends with the block."""
    environment = {**os.environ, "S3_BENCH_ACCESS_KEY_ID": KEY,
                   "S3_BENCH_SECRET_ACCESS_KEY": SECRET}
    process = subprocess.Popen([str(programs / "s3-bench"), "serve", *options],
                               stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield Endpoint("embedded", process.stdout.readline().strip(), process.pid)
    finally:
        process.terminate()
        process.communicate()
