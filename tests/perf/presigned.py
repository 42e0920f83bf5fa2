# SPDX-License-Identifier: MIT
"""wrk over presigned URLs: the rate that a server gives to a client which does next to nothing."""
import datetime
import hashlib
import hmac
import re
import subprocess
import tempfile
import urllib.parse

from servers import KEY, REGION, SECRET

SCRIPT = """
local paths, at = {{}}, {seed}
for line in io.lines("{paths}") do paths[#paths + 1] = line end
{body}
request = function()
  at = at % #paths + 1
  return wrk.format("{method}", paths[at], nil, body)
end
"""


def hmac_sha256(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def presign(method, host, path, now):
    """Path and query of a SigV4-presigned request, good for a day."""
    day, stamp = now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{day}/{REGION}/s3/aws4_request"
    query = urllib.parse.urlencode(sorted({
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{KEY}/{scope}",
        "X-Amz-Date": stamp, "X-Amz-Expires": "86400", "X-Amz-SignedHeaders": "host",
    }.items()), quote_via=urllib.parse.quote, safe="")
    canonical = f"{method}\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope,
                         hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + SECRET).encode()
    for part in (day, REGION, "s3", "aws4_request"):
        key = hmac_sha256(key, part)
    return f"{path}?{query}&X-Amz-Signature={hmac_sha256(key, to_sign).hex()}"


def wrk_rate(endpoint, method, bucket, keys, connections, seconds, body_size=0):
    """Requests a second. Any answer but success fails the measurement."""
    host = urllib.parse.urlsplit(endpoint.url).netloc
    now = datetime.datetime.now(datetime.timezone.utc)
    with tempfile.NamedTemporaryFile("w", suffix=".paths") as paths, \
            tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        for key in keys:
            path = urllib.parse.quote(f"/{bucket}/{key}")
            print(presign(method, host, path, now), file=paths)
        paths.flush()
        body = f'local body = string.rep("x", {body_size})' if body_size else "local body = nil"
        script.write(SCRIPT.format(seed=0, paths=paths.name, body=body, method=method))
        script.flush()
        ran = subprocess.run(["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "-s",
                              script.name, endpoint.url], capture_output=True, text=True, check=True)
    if "Non-2xx" in ran.stdout:
        raise RuntimeError(f"wrk got errors from {endpoint.name}: {ran.stdout}")
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", ran.stdout).group(1))
