# SPDX-License-Identifier: MIT
"""Readers of data: what s3-compact makes of generated sources is read by DuckDB, pyarrow and polars
with as many rows as the generator's manifest says; and what the manual says goes wrong does.

The sources are those of s3-generate: as they are (NDJSON), and as CSV, each with its header, and
either of them in gzip."""
import csv
import gzip
import io
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import boto3
import duckdb
import polars
import pyarrow
import pyarrow.csv
import pyarrow.json

from support import main, new_bucket_name

PROGRAMS = pathlib.Path(os.environ["KIT_PROGRAMS"])
DATE, FILES, ROWS = "2024-01-14", 25, 40
IN, OUT = "in/2024/01/14/", f"out/2024/01/14/out-{DATE}"
# What each reader says when a file is not what it takes it for.
BROKEN = (duckdb.Error, polars.exceptions.PolarsError, pyarrow.ArrowInvalid)


def count_ndjson(path):
    """Rows by reader."""
    query = f"SELECT count(*) FROM read_json('{path}', format = 'newline_delimited')"
    return {"duckdb": lambda: duckdb.execute(query).fetchone()[0],
            "polars": lambda: polars.read_ndjson(path).height,
            "pyarrow": lambda: pyarrow.json.read_json(path).num_rows}


def count_csv(path):
    query = f"SELECT count(*) FROM read_csv('{path}', header = true)"
    return {"duckdb": lambda: duckdb.execute(query).fetchone()[0],
            "polars": lambda: polars.read_csv(path, infer_schema_length=None).height,
            "pyarrow": lambda: pyarrow.csv.read_csv(path).num_rows}


def as_csv(ndjson, final_newline=True):
    rows = [json.loads(line) for line in ndjson.splitlines()]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    body = text.getvalue().encode()
    return body if final_newline else body[:-1]


class Readers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory(prefix="readers.")
        cls.addClassCleanup(cls.directory.cleanup)
        cls.root = pathlib.Path(cls.directory.name)
        manifest = cls.root / "manifest.jsonl"
        subprocess.run([PROGRAMS / "s3-generate", "-q", "-r", str(ROWS), "-f", str(FILES), "-b",
                        "generated", "--seed", "1", "--from", DATE, "--to", DATE, "--to-dir",
                        cls.root / "tree", "--manifest", manifest], check=True)
        entries = [json.loads(line) for line in manifest.read_text().splitlines()]
        objects = [entry for entry in entries if "key" in entry]
        keys = [entry["key"] for entry in objects]
        cls.predicted = sum(entry["rows"] for entry in objects)
        cls.sources = {pathlib.PurePosixPath(key).name: (cls.root / "tree" / key).read_bytes()
                       for key in keys}

    def setUp(self):
        self.s3 = boto3.client("s3")
        self.bucket = new_bucket_name()
        self.s3.create_bucket(Bucket=self.bucket)

    def compact(self, suffix, change, *options):
        """Uploads the sources, changed, under another suffix, and gives the path of the output."""
        for name, body in self.sources.items():
            key = IN + name.split(".")[0] + suffix
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=change(body))
        subprocess.run([PROGRAMS / "s3-compact", "-q", "--from", DATE, "--to", DATE, *options,
                        f"s3://{self.bucket}/in/", f"s3://{self.bucket}/out/"], check=True)
        path = str(self.root / f"{self.bucket}{suffix}")
        self.s3.download_file(self.bucket, OUT + suffix, path)
        return path

    def expect_rows(self, counts):
        for reader, count in counts.items():
            with self.subTest(reader):
                self.assertEqual(count(), self.predicted)

    def expect_not(self, counts):
        """Each fails, or counts other rows than there are."""
        for reader, count in counts.items():
            with self.subTest(reader):
                try:
                    self.assertNotEqual(count(), self.predicted)
                except BROKEN:
                    pass

    def test_manifest_predicts_rows(self):
        self.assertEqual(self.predicted, FILES * ROWS)

    def test_ndjson(self):
        self.expect_rows(count_ndjson(self.compact(".json", bytes)))

    def test_ndjson_without_final_newlines(self):
        path = self.compact(".json", bytes.rstrip)
        counts = count_ndjson(path)
        # pyarrow parses objects wherever they begin, so it counts right all the same.
        self.assertEqual(counts.pop("pyarrow")(), self.predicted)
        self.expect_not(counts)

    def test_ndjson_newlines_ensured(self):
        path = self.compact(".json", bytes.rstrip, "--newline", "ensure")
        self.expect_rows(count_ndjson(path))

    def test_gzip_members(self):
        path = self.compact(".json.gz", gzip.compress)
        self.expect_rows(count_ndjson(path))

    def test_gzip_members_newlines_ensured(self):
        path = self.compact(".json.gz", lambda body: gzip.compress(body.rstrip()),
                            "--newline", "ensure")
        self.expect_rows(count_ndjson(path))

    def test_gzip_recompressed(self):
        path = self.compact(".json.gz", gzip.compress, "--gzip", "recompress")
        self.expect_rows(count_ndjson(path))
        # One member, for the readers that stop after the first.
        decompressor = gzip.zlib.decompressobj(31)
        content = decompressor.decompress(pathlib.Path(path).read_bytes())
        self.assertEqual((content.count(b"\n"), decompressor.unused_data), (self.predicted, b""))

    def test_csv_headers_kept(self):
        """Every header but the first is a row too many."""
        path = self.compact(".csv", as_csv)
        for reader, count in count_csv(path).items():
            with self.subTest(reader):
                self.assertEqual(count(), self.predicted + FILES - 1)

    def test_csv_header_once(self):
        self.expect_rows(count_csv(self.compact(".csv", as_csv, "--csv-header", "once")))

    def test_csv_without_final_newlines(self):
        path = self.compact(".csv", lambda body: as_csv(body, False), "--csv-header", "once")
        self.expect_not(count_csv(path))
        path = self.compact(".csv", lambda body: as_csv(body, False), "--csv-header", "once",
                            "--newline", "ensure", "--overwrite")
        self.expect_rows(count_csv(path))

    def test_csv_in_gzip(self):
        path = self.compact(".csv.gz", lambda body: gzip.compress(as_csv(body, False)),
                            "--csv-header", "once", "--newline", "ensure", "--gzip", "recompress")
        self.expect_rows(count_csv(path))


if __name__ == "__main__":
    main()
