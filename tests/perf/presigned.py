# SPDX-License-Identifier: MIT
"""wrk over presigned URLs: the rate that a server gives to a client which does next to nothing."""
import os
import pathlib
import re
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PRESIGN = HERE.parents[1] / "build" / "tests" / "presign"


def wrk_rate(endpoint, method, path, count, connections, seconds, body_bytes=0):
    """Requests a second over `count` keys: "%d" in `path` is 0 and up. Errors fail it."""
    with tempfile.NamedTemporaryFile("w+") as targets:
        subprocess.run([PRESIGN, method, endpoint.url, path, str(count)], stdout=targets,
                       env=endpoint.environment, check=True)
        environment = {**os.environ, "TARGETS": targets.name, "METHOD": method,
                       "BODY_BYTES": str(body_bytes)}
        ran = subprocess.run(["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "-s",
                              HERE / "presigned.lua", endpoint.url], env=environment,
                             capture_output=True, text=True, check=True)
    if "Non-2xx" in ran.stdout:
        raise RuntimeError(f"wrk got errors from {endpoint.name}: {ran.stdout}")
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", ran.stdout).group(1))
