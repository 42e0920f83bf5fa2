# SPDX-License-Identifier: MIT
"""Several clients on one server at once, meant for its builds under sanitizers.

boto3 in threads, pyarrow, s3-generate and s3-compact, and connections that break off, while latency
suspends requests. Each checks what it reads; a race or a bad access ends the server or its status.
"""
import concurrent.futures
import contextlib
import hashlib
import io
import json
import os
import pathlib
import socket
import subprocess
import unittest
import urllib.parse

import boto3
import pyarrow
import pyarrow.dataset
import pyarrow.fs
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from support import ENDPOINT, MIB, PART_MIN, REGION, content, main, new_bucket_name

PROGRAMS = pathlib.Path(os.environ["KIT_PROGRAMS"])
FILES, DATES, TIMEOUT_S = 300, ("2024-01-01", "2024-01-05"), 240
RIVALS = 4
ADDRESS = urllib.parse.urlsplit(ENDPOINT)


def new_client():
    return boto3.client("s3", config=Config(max_pool_connections=16, read_timeout=120,
                                            retries={"max_attempts": 1, "mode": "standard"}))


def make_bucket():
    name = new_bucket_name()
    new_client().create_bucket(Bucket=name)
    return name


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def small_objects(shared, number):
    """Writes, ranges, listings that see others' writes, and deletes in one bucket of all."""
    s3 = new_client()
    bodies = {f"{number}/{n:03}": content(n * 37, n) for n in range(60)}
    for key, body in bodies.items():
        s3.put_object(Bucket=shared, Key=key, Body=body, Metadata={"by": str(number)})
    for key, body in bodies.items():
        got = s3.get_object(Bucket=shared, Key=key, ChecksumMode="ENABLED")["Body"].read()
        check(got == body, f"{key} differs")
        if body:
            part = s3.get_object(Bucket=shared, Key=key, Range="bytes=0-9")["Body"].read()
            check(part == body[:10], f"range of {key} differs")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=shared, Prefix=f"{number}/", PaginationConfig={"PageSize": 7})
    check([o["Key"] for p in pages for o in p["Contents"]] == sorted(bodies), "listing differs")
    whole = s3.list_objects_v2(Bucket=shared)["Contents"]
    check([o["Key"] for o in whole] == sorted(o["Key"] for o in whole), "listing out of order")
    s3.delete_objects(Bucket=shared, Delete={"Objects": [{"Key": key} for key in bodies]})
    check(s3.list_objects_v2(Bucket=shared, Prefix=f"{number}/")["KeyCount"] == 0, "not deleted")


def large_objects(bucket):
    """Multipart both ways with four connections each, copied in parts, aborted."""
    s3 = new_client()
    body = content(2 * PART_MIN + MIB)
    parts = TransferConfig(multipart_threshold=PART_MIN, multipart_chunksize=PART_MIN,
                           max_concurrency=4)
    s3.upload_fileobj(io.BytesIO(body), bucket, "big", Config=parts)
    s3.copy({"Bucket": bucket, "Key": "big"}, bucket, "copy", Config=parts)
    got = io.BytesIO()
    s3.download_fileobj(bucket, "copy", got, Config=parts)
    check(got.getvalue() == body, "multipart object differs")
    about = {"Bucket": bucket, "Key": "never"}
    about["UploadId"] = s3.create_multipart_upload(**about)["UploadId"]
    s3.upload_part(**about, PartNumber=1, Body=body[:MIB])
    s3.abort_multipart_upload(**about)


def versions(bucket):
    """Versions, markers and their removal."""
    s3 = new_client()
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for n in range(20):
        s3.put_object(Bucket=bucket, Key="key", Body=str(n).encode())
        if n % 5 == 4:
            s3.delete_object(Bucket=bucket, Key="key")
    listed = s3.list_object_versions(Bucket=bucket)
    check((len(listed["Versions"]), len(listed["DeleteMarkers"])) == (20, 4), "versions are lost")
    for entry in listed["Versions"] + listed["DeleteMarkers"]:
        s3.delete_object(Bucket=bucket, Key="key", VersionId=entry["VersionId"])
    s3.delete_bucket(Bucket=bucket)


def rival(shared):
    """Each of several tries to create the same keys; returns those it won."""
    s3, won = new_client(), []
    for n in range(20):
        try:
            s3.put_object(Bucket=shared, Key=f"contested/{n:02}", Body=b"x", IfNoneMatch="*")
            won.append(n)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            check(status in (409, 412), f"a lost race is {status}")
    return won


def dataset(bucket):
    """pyarrow's own connections and threads."""
    fs = pyarrow.fs.S3FileSystem(
        access_key=os.environ["AWS_ACCESS_KEY_ID"], secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        endpoint_override=ADDRESS.netloc, scheme="http", region=REGION)
    table = pyarrow.table({"day": [str(n % 9) for n in range(9000)], "n": list(range(9000))})
    pyarrow.dataset.write_dataset(table, f"{bucket}/set", filesystem=fs, format="parquet",
                                  partitioning=["day"], partitioning_flavor="hive")
    back = pyarrow.dataset.dataset(f"{bucket}/set", filesystem=fs, format="parquet",
                                   partitioning="hive").to_table()
    check(sorted(back["n"].to_pylist()) == list(range(9000)), "rows are lost")
    fs.delete_dir(f"{bucket}/set")


def run_program(name, *words):
    ran = subprocess.run([str(PROGRAMS / name), *words], capture_output=True, text=True,
                         timeout=TIMEOUT_S, check=False)
    check(ran.returncode == 0, f"{name} ended with {ran.returncode}: {ran.stderr}")
    return ran.stdout


def compaction(bucket):
    """s3-generate, then s3-compact; the output must be what the sources are."""
    dates = ["--from", DATES[0], "--to", DATES[1]]
    run_program("s3-generate", "-q", "-r", "7", "-f", str(FILES), "-b", bucket, "--prefix", "in/",
                "--seed", "1", *dates)
    out = run_program("s3-compact", "--json", *dates, f"s3://{bucket}/in/", f"s3://{bucket}/out/")
    report = json.loads(out)
    check(sum(p["sources"] for p in report["partitions"]) == FILES, "sources are missing")
    s3 = new_client()
    for partition in report["partitions"]:
        prefix = f"in/{partition['date'].replace('-', '/')}/"
        sources = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
        joined = b"".join(s3.get_object(Bucket=bucket, Key=o["Key"])["Body"].read()
                          for o in sources)
        output = partition["outputs"][0]
        check(hashlib.sha256(joined).hexdigest() == output["sha256"], f"{output['key']} differs")


def broken_connections(_):
    """Requests that end in the middle of their line, headers or body, and idle connections."""
    head = f"PUT /b/k HTTP/1.1\r\nHost: {ADDRESS.netloc}\r\nContent-Length: 1000\r\n"
    for text in ("", "GE", "GET / HTT", head, head + "\r\n", head + "\r\npart of a body", "\r\n\r\n",
                 "nonsense\r\n\r\n", "GET /" + "a" * 40000):
        for _ in range(5):
            with socket.create_connection((ADDRESS.hostname, ADDRESS.port), timeout=30) as s:
                with contextlib.suppress(OSError):  # the server may have closed it already
                    s.sendall(text.encode())


class Mixed(unittest.TestCase):
    def test_all_at_once(self):
        shared = make_bucket()
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            jobs = [pool.submit(small_objects, shared, n) for n in range(3)]
            rivals = [pool.submit(rival, shared) for _ in range(RIVALS)]
            jobs += [pool.submit(job, make_bucket()) for job in
                     (large_objects, versions, dataset, compaction, broken_connections)]
            for job in jobs:
                job.result()
            won = sorted(n for r in rivals for n in r.result())
        self.assertEqual(won, list(range(20)))  # every key has one creator, no more


if __name__ == "__main__":
    main()
