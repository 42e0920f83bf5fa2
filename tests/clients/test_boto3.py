# SPDX-License-Identifier: MIT
"""boto3: every operation of the server, its error codes, and what botocore does by default."""
import base64
import contextlib
import datetime
import hashlib
import io
import socket
import unittest
import unittest.mock
import urllib.error
import urllib.request
import zlib

import boto3
import botocore.auth
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from support import AWKWARD_KEYS, ENDPOINT, MIB, PART_MIN, REGION, content, main, new_bucket_name

SMALL_PARTS = TransferConfig(multipart_threshold=PART_MIN, multipart_chunksize=PART_MIN,
                             max_concurrency=4)


def new_client(**config):
    # One attempt, so that an error is seen as it comes.
    return boto3.client("s3", config=Config(retries={"max_attempts": 1, "mode": "standard"},
                                            **config))


def crc32_base64(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def sha256_base64(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def md5_hex(data):
    return hashlib.md5(data).hexdigest()


class WithBucket(unittest.TestCase):
    """A bucket of its own for every test."""

    def setUp(self):
        self.s3 = new_client()
        self.bucket = new_bucket_name()
        self.s3.create_bucket(Bucket=self.bucket)

    def put(self, key, body=b"x", **more):
        return self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **more)

    def get(self, key, **more):
        return self.s3.get_object(Bucket=self.bucket, Key=key, **more)

    def head(self, key, **more):
        return self.s3.head_object(Bucket=self.bucket, Key=key, **more)

    def read(self, key, **more):
        return self.get(key, **more)["Body"].read()

    @contextlib.contextmanager
    def refused(self, code, status):
        with self.assertRaises(ClientError) as caught:
            yield
        self.check_refusal(caught.exception, code, status)

    def check_refusal(self, error, code, status):
        self.assertEqual((error.response["Error"]["Code"],
                          error.response["ResponseMetadata"]["HTTPStatusCode"]), (code, status))


class Buckets(WithBucket):
    def test_life_of_a_bucket(self):
        names = [b["Name"] for b in self.s3.list_buckets()["Buckets"]]
        self.assertIn(self.bucket, names)
        self.assertEqual(names, sorted(names))
        self.s3.head_bucket(Bucket=self.bucket)
        # us-east-1 is the region without a name.
        location = self.s3.get_bucket_location(Bucket=self.bucket)
        self.assertIsNone(location["LocationConstraint"])
        self.put("key")
        with self.refused("BucketNotEmpty", 409):
            self.s3.delete_bucket(Bucket=self.bucket)
        self.s3.delete_object(Bucket=self.bucket, Key="key")
        self.s3.delete_bucket(Bucket=self.bucket)
        with self.refused("404", 404):
            self.s3.head_bucket(Bucket=self.bucket)

    def test_missing_bucket(self):
        for call in (self.s3.list_objects_v2, self.s3.list_objects, self.s3.delete_bucket,
                     self.s3.get_bucket_location, self.s3.list_multipart_uploads):
            with self.subTest(call.__name__), self.refused("NoSuchBucket", 404):
                call(Bucket="clients-none-of-ours")
        with self.refused("NoSuchBucket", 404):
            self.s3.put_object(Bucket="clients-none-of-ours", Key="key", Body=b"x")


class Objects(WithBucket):
    def test_put_get_head(self):
        body = content(100_000)
        put = self.put("key", body, ContentType="text/csv", ContentEncoding="identity",
                       ContentDisposition='attachment; filename="a.csv"', ContentLanguage="en",
                       CacheControl="no-store", Metadata={"colour": "green", "Number": "7"},
                       StorageClass="STANDARD_IA")
        self.assertEqual(put["ETag"], f'"{md5_hex(body)}"')
        got = self.get("key")
        self.assertEqual(got["Body"].read(), body)
        for answer in (got, self.head("key")):
            self.assertEqual(answer["ContentLength"], len(body))
            self.assertEqual(answer["ETag"], put["ETag"])
            self.assertEqual(answer["ContentType"], "text/csv")
            self.assertEqual(answer["ContentEncoding"], "identity")
            self.assertEqual(answer["ContentDisposition"], 'attachment; filename="a.csv"')
            self.assertEqual(answer["ContentLanguage"], "en")
            self.assertEqual(answer["CacheControl"], "no-store")
            self.assertEqual(answer["Metadata"], {"colour": "green", "number": "7"})
            self.assertEqual(answer["StorageClass"], "STANDARD_IA")
            self.assertEqual(answer["AcceptRanges"], "bytes")
            age = datetime.datetime.now(datetime.timezone.utc) - answer["LastModified"]
            self.assertLess(abs(age.total_seconds()), 300)

    def test_default_type_and_empty_body(self):
        self.put("empty", b"")
        got = self.get("empty")
        self.assertEqual(got["Body"].read(), b"")
        self.assertEqual(got["ContentType"], "binary/octet-stream")
        self.assertEqual(got["ETag"], f'"{md5_hex(b"")}"')
        self.assertNotIn("StorageClass", got)

    def test_ranges(self):
        body = content(1000)
        self.put("key", body)
        for asked, first, last in (("bytes=0-0", 0, 0), ("bytes=10-19", 10, 19),
                                   ("bytes=990-", 990, 999), ("bytes=-5", 995, 999),
                                   ("bytes=500-5000", 500, 999)):
            with self.subTest(asked):
                got = self.get("key", Range=asked)
                self.assertEqual(got["Body"].read(), body[first:last + 1])
                self.assertEqual(got["ContentRange"], f"bytes {first}-{last}/1000")
                self.assertEqual(got["ResponseMetadata"]["HTTPStatusCode"], 206)
        with self.refused("InvalidRange", 416):
            self.get("key", Range="bytes=1000-")

    def test_missing_key(self):
        with self.refused("NoSuchKey", 404):
            self.get("none")
        with self.refused("404", 404):
            self.head("none")
        gone = self.s3.delete_object(Bucket=self.bucket, Key="none")
        self.assertEqual(gone["ResponseMetadata"]["HTTPStatusCode"], 204)

    def test_conditional_reads(self):
        etag = self.put("key", b"abc")["ETag"]
        hour = datetime.timedelta(hours=1)
        now = datetime.datetime.now(datetime.timezone.utc)
        for call in (self.get, self.head):
            self.assertEqual(call("key", IfMatch=etag)["ETag"], etag)
            self.assertEqual(call("key", IfNoneMatch='"other"')["ETag"], etag)
            self.assertEqual(call("key", IfUnmodifiedSince=now + hour)["ETag"], etag)
            self.assertEqual(call("key", IfModifiedSince=now - hour)["ETag"], etag)
            failed = "PreconditionFailed" if call == self.get else "412"
            with self.refused(failed, 412):
                call("key", IfMatch='"other"')
            with self.refused(failed, 412):
                call("key", IfUnmodifiedSince=now - hour)
            with self.refused("304", 304):
                call("key", IfNoneMatch=etag)

    def test_conditional_writes(self):
        etag = self.put("key", b"first", IfNoneMatch="*")["ETag"]
        with self.refused("PreconditionFailed", 412):
            self.put("key", b"second", IfNoneMatch="*")
        with self.refused("PreconditionFailed", 412):
            self.put("key", b"second", IfMatch='"other"')
        with self.refused("NoSuchKey", 404):
            self.put("none", b"second", IfMatch=etag)
        self.assertEqual(self.read("key"), b"first")
        newer = self.put("key", b"second", IfMatch=etag)["ETag"]
        with self.refused("PreconditionFailed", 412):
            self.s3.delete_object(Bucket=self.bucket, Key="key", IfMatch=etag)
        self.s3.delete_object(Bucket=self.bucket, Key="key", IfMatch=newer)
        with self.refused("NoSuchKey", 404):
            self.get("key")

    def test_response_overrides(self):
        self.put("key", b"abc", ContentType="text/plain")
        got = self.get("key", ResponseContentType="application/json",
                       ResponseContentDisposition="inline", ResponseCacheControl="no-cache",
                       ResponseContentEncoding="br", ResponseContentLanguage="de")
        self.assertEqual((got["ContentType"], got["ContentDisposition"], got["CacheControl"],
                          got["ContentEncoding"], got["ContentLanguage"]),
                         ("application/json", "inline", "no-cache", "br", "de"))

    def test_awkward_keys(self):
        for key in AWKWARD_KEYS:
            with self.subTest(key[:40]):
                self.put(key, key.encode())
                self.assertEqual(self.read(key), key.encode())
                copied = f"copy-{key}"[:1024]
                self.s3.copy_object(Bucket=self.bucket, Key=copied,
                                    CopySource={"Bucket": self.bucket, "Key": key})
                self.assertEqual(self.read(copied), key.encode())
                self.s3.delete_object(Bucket=self.bucket, Key=copied)
        listed = self.s3.list_objects_v2(Bucket=self.bucket)
        self.assertEqual([o["Key"] for o in listed["Contents"]], AWKWARD_KEYS)
        with self.refused("KeyTooLongError", 400):
            self.put("a" * 1025)

    def test_delete_objects(self):
        keys = AWKWARD_KEYS + ["<&>"]
        for key in keys:
            self.put(key)
        done = self.s3.delete_objects(
            Bucket=self.bucket, Delete={"Objects": [{"Key": k} for k in keys + ["none"]]})
        self.assertEqual([d["Key"] for d in done["Deleted"]], keys + ["none"])
        self.assertNotIn("Errors", done)
        self.assertEqual(self.s3.list_objects_v2(Bucket=self.bucket)["KeyCount"], 0)
        self.put("key")
        quiet = self.s3.delete_objects(Bucket=self.bucket,
                                       Delete={"Objects": [{"Key": "key"}], "Quiet": True})
        self.assertNotIn("Deleted", quiet)

    def test_copy(self):
        body = content(50_000)
        etag = self.put("from", body, ContentType="text/csv", Metadata={"a": "1"})["ETag"]
        source = {"Bucket": self.bucket, "Key": "from"}
        copied = self.s3.copy_object(Bucket=self.bucket, Key="to", CopySource=source)
        self.assertEqual(copied["CopyObjectResult"]["ETag"], etag)
        got = self.get("to")
        self.assertEqual((got["Body"].read(), got["ContentType"], got["Metadata"]),
                         (body, "text/csv", {"a": "1"}))
        self.s3.copy_object(Bucket=self.bucket, Key="to", CopySource=source,
                            MetadataDirective="REPLACE", ContentType="text/html",
                            Metadata={"b": "2"})
        replaced = self.head("to")
        self.assertEqual((replaced["ContentType"], replaced["Metadata"]), ("text/html", {"b": "2"}))
        self.s3.copy_object(Bucket=self.bucket, Key="to", CopySource=source,
                            CopySourceIfMatch=etag)
        with self.refused("PreconditionFailed", 412):
            self.s3.copy_object(Bucket=self.bucket, Key="to", CopySource=source,
                                CopySourceIfMatch='"other"')
        with self.refused("InvalidRequest", 400):  # onto itself, with nothing changed
            self.s3.copy_object(Bucket=self.bucket, Key="from", CopySource=source)
        with self.refused("NoSuchKey", 404):
            self.s3.copy_object(Bucket=self.bucket, Key="to",
                                CopySource={"Bucket": self.bucket, "Key": "none"})


class Listings(WithBucket):
    KEYS = sorted(f"{folder}/{n:02}" for folder in ("a", "b", "b-c", "d/e") for n in range(7))

    def setUp(self):
        super().setUp()
        for key in self.KEYS:
            self.put(key, key.encode())

    def pages(self, operation, **more):
        return list(self.s3.get_paginator(operation).paginate(Bucket=self.bucket, **more))

    def test_pages(self):
        for operation in ("list_objects_v2", "list_objects"):
            with self.subTest(operation):
                pages = self.pages(operation, PaginationConfig={"PageSize": 5})
                self.assertEqual([len(p["Contents"]) for p in pages], [5, 5, 5, 5, 5, 3])
                self.assertEqual([o["Key"] for p in pages for o in p["Contents"]], self.KEYS)
                first = pages[0]["Contents"][0]
                self.assertEqual((first["Size"], first["ETag"], first["StorageClass"]),
                                 (4, f'"{md5_hex(b"a/00")}"', "STANDARD"))

    def test_prefix_and_delimiter(self):
        for operation in ("list_objects_v2", "list_objects"):
            for prefix, keys, groups in (
                    ("", [], ["a/", "b-c/", "b/", "d/"]),
                    ("b", [], ["b-c/", "b/"]),
                    ("b/", self.KEYS[14:21], []),
                    ("d/", [], ["d/e/"]),
                    ("x", [], [])):
                for size in (1, 3, 1000):
                    with self.subTest(operation, prefix=prefix, size=size):
                        pages = self.pages(operation, Prefix=prefix, Delimiter="/",
                                           PaginationConfig={"PageSize": size})
                        self.assertEqual([o["Key"] for p in pages
                                          for o in p.get("Contents", [])], keys)
                        self.assertEqual([g["Prefix"] for p in pages
                                          for g in p.get("CommonPrefixes", [])], groups)

    def test_start_after_and_marker(self):
        after = self.s3.list_objects_v2(Bucket=self.bucket, StartAfter="b/03", MaxKeys=2)
        self.assertEqual([o["Key"] for o in after["Contents"]], ["b/04", "b/05"])
        self.assertEqual((after["KeyCount"], after["IsTruncated"], after["StartAfter"]),
                         (2, True, "b/03"))
        marked = self.s3.list_objects(Bucket=self.bucket, Marker="d/e/04")
        self.assertEqual([o["Key"] for o in marked["Contents"]], ["d/e/05", "d/e/06"])
        self.assertFalse(marked["IsTruncated"])

    def test_odd_sizes(self):
        nothing = self.s3.list_objects_v2(Bucket=self.bucket, MaxKeys=0)
        self.assertEqual((nothing["KeyCount"], nothing["IsTruncated"]), (0, False))
        capped = self.s3.list_objects_v2(Bucket=self.bucket, MaxKeys=5000)
        self.assertEqual(capped["MaxKeys"], 1000)
        with self.refused("InvalidArgument", 400):
            self.s3.list_objects_v2(Bucket=self.bucket, MaxKeys=-1)
        with self.refused("InvalidArgument", 400):
            self.s3.list_objects_v2(Bucket=self.bucket, ContinuationToken="no token of ours")


class Multipart(WithBucket):
    def create(self, key="key", **more):
        return self.s3.create_multipart_upload(Bucket=self.bucket, Key=key, **more)["UploadId"]

    def upload(self, upload_id, number, body, key="key", **more):
        part = self.s3.upload_part(Bucket=self.bucket, Key=key, UploadId=upload_id,
                                   PartNumber=number, Body=body, **more)
        return {"PartNumber": number, "ETag": part["ETag"]}

    def complete(self, upload_id, parts, key="key", **more):
        return self.s3.complete_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload_id,
                                                 MultipartUpload={"Parts": parts}, **more)

    def test_managed_transfer(self):
        body = content(3 * PART_MIN + 12345)
        self.s3.upload_fileobj(io.BytesIO(body), self.bucket, "big", Config=SMALL_PARTS,
                               ExtraArgs={"ContentType": "text/plain", "Metadata": {"a": "b"}})
        head = self.head("big")
        self.assertTrue(head["ETag"].endswith('-4"'))
        self.assertEqual((head["ContentLength"], head["ContentType"], head["Metadata"]),
                         (len(body), "text/plain", {"a": "b"}))
        second = self.get("big", PartNumber=2)
        self.assertEqual((second["Body"].read(), second["PartsCount"]),
                         (body[PART_MIN:2 * PART_MIN], 4))
        got = io.BytesIO()
        self.s3.download_fileobj(self.bucket, "big", got, Config=SMALL_PARTS)
        self.assertEqual(got.getvalue(), body)
        self.s3.copy({"Bucket": self.bucket, "Key": "big"}, self.bucket, "copy",
                     Config=SMALL_PARTS)
        self.assertEqual(self.read("copy"), body)
        self.assertTrue(self.head("copy")["ETag"].endswith('-4"'))

    def test_etag_and_gaps(self):
        bodies = [content(PART_MIN, 1), content(PART_MIN, 2), b"tail"]
        upload_id = self.create()
        # Numbers may have gaps and come in any order.
        parts = [self.upload(upload_id, number, body)
                 for number, body in ((40, bodies[2]), (3, bodies[0]), (7, bodies[1]))]
        parts.sort(key=lambda part: part["PartNumber"])
        digest = hashlib.md5(b"".join(hashlib.md5(b).digest() for b in bodies)).hexdigest()
        self.assertEqual(self.complete(upload_id, parts)["ETag"], f'"{digest}-3"')
        self.assertEqual(self.read("key"), b"".join(bodies))

    def test_listings(self):
        upload_id = self.create("dir/key")
        other = self.create("other")
        for number in range(1, 6):
            self.upload(upload_id, number, bytes(number), key="dir/key")
        pages = list(self.s3.get_paginator("list_parts").paginate(
            Bucket=self.bucket, Key="dir/key", UploadId=upload_id,
            PaginationConfig={"PageSize": 2}))
        self.assertEqual([[(p["PartNumber"], p["Size"]) for p in page["Parts"]] for page in pages],
                         [[(1, 1), (2, 2)], [(3, 3), (4, 4)], [(5, 5)]])
        uploads = self.s3.list_multipart_uploads(Bucket=self.bucket)["Uploads"]
        self.assertEqual([(u["Key"], u["UploadId"]) for u in uploads],
                         [("dir/key", upload_id), ("other", other)])
        rolled = self.s3.list_multipart_uploads(Bucket=self.bucket, Delimiter="/")
        self.assertEqual([g["Prefix"] for g in rolled["CommonPrefixes"]], ["dir/"])
        for key, upload in (("dir/key", upload_id), ("other", other)):
            self.s3.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload)
        self.assertNotIn("Uploads", self.s3.list_multipart_uploads(Bucket=self.bucket))
        with self.refused("NoSuchUpload", 404):
            self.s3.list_parts(Bucket=self.bucket, Key="dir/key", UploadId=upload_id)

    def test_part_copy(self):
        body = content(2 * PART_MIN)
        etag = self.put("source", body)["ETag"]
        upload_id = self.create()
        about = {"Bucket": self.bucket, "Key": "key", "UploadId": upload_id,
                 "CopySource": {"Bucket": self.bucket, "Key": "source"}}
        parts = []
        for number, first, last in ((1, 0, PART_MIN - 1), (2, PART_MIN + 5, PART_MIN + 9)):
            copied = self.s3.upload_part_copy(**about, PartNumber=number,
                                              CopySourceRange=f"bytes={first}-{last}")
            self.assertEqual(copied["CopyPartResult"]["ETag"],
                             f'"{md5_hex(body[first:last + 1])}"')
            parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
        with self.refused("PreconditionFailed", 412):
            self.s3.upload_part_copy(**about, PartNumber=3, CopySourceIfNoneMatch=etag)
        self.complete(upload_id, parts)
        self.assertEqual(self.read("key"), body[:PART_MIN] + body[PART_MIN + 5:PART_MIN + 10])

    def test_refusals(self):
        upload_id = self.create()
        first = self.upload(upload_id, 1, b"too small")
        second = self.upload(upload_id, 2, b"tail")
        wrong = {"PartNumber": 1, "ETag": '"00000000000000000000000000000000"'}
        for parts, code in (([first, second], "EntityTooSmall"),
                            ([second, first], "InvalidPartOrder"),
                            ([wrong], "InvalidPart"),
                            ([{"PartNumber": 3, "ETag": first["ETag"]}], "InvalidPart"),
                            ([], "MalformedXML")):
            with self.subTest(code), self.refused(code, 400):
                self.complete(upload_id, parts)
        for number in (0, 10001):
            with self.subTest(number), self.refused("InvalidArgument", 400):
                self.upload(upload_id, number, b"x")
        with self.refused("NoSuchUpload", 404):
            self.upload("no-upload", 1, b"x")
        self.put("key", b"there")
        with self.refused("PreconditionFailed", 412):
            self.complete(upload_id, [first], IfNoneMatch="*")
        self.complete(upload_id, [first])
        self.assertEqual(self.read("key"), b"too small")


class Checksums(WithBucket):
    ALGORITHMS = ("CRC32", "SHA1", "SHA256", "CRC32C", "CRC64NVME")

    def test_default_is_crc32(self):
        body = content(10_000)
        self.assertEqual(self.put("key", body)["ChecksumCRC32"], crc32_base64(body))
        got = self.get("key", ChecksumMode="ENABLED")
        self.assertEqual((got["ChecksumCRC32"], got["ChecksumType"]),
                         (crc32_base64(body), "FULL_OBJECT"))
        self.assertEqual(got["Body"].read(), body)  # botocore verifies as it reads

    def test_algorithms(self):
        body = content(70_000)
        for algorithm in self.ALGORITHMS:
            with self.subTest(algorithm):
                name = f"Checksum{algorithm}"
                sent = self.put(algorithm, body, ChecksumAlgorithm=algorithm)[name]
                got = self.get(algorithm, ChecksumMode="ENABLED")
                self.assertEqual((got["Body"].read(), got[name]), (body, sent))
                self.assertEqual(self.head(algorithm, ChecksumMode="ENABLED")[name], sent)
        listed = self.s3.list_objects_v2(Bucket=self.bucket)["Contents"]
        self.assertEqual({o["Key"]: o["ChecksumAlgorithm"] for o in listed},
                         {a: [a] for a in self.ALGORITHMS})

    def test_trailers(self):
        """What botocore does over TLS: aws-chunked, unsigned, the checksum in a trailer."""
        sent = []

        def as_trailer(model, params, **_):
            algorithm = params["context"].get("checksum", {}).get("request_algorithm")
            if algorithm:
                algorithm["in"] = "trailer"

        def note(request, **_):
            sent.append((request.headers["X-Amz-Content-SHA256"], request.headers["X-Amz-Trailer"]))
        self.s3.meta.events.register_first("before-call.s3.PutObject", as_trailer)
        self.s3.meta.events.register_first("before-send.s3.PutObject", note)
        for algorithm in self.ALGORITHMS:
            for size in (0, 1, 65536, 3 * MIB + 17):
                with self.subTest(algorithm, size=size):
                    body = content(size)
                    name = f"Checksum{algorithm}"
                    put = self.put("key", io.BytesIO(body), ChecksumAlgorithm=algorithm)
                    self.assertEqual(sent.pop(), (b"STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                                                  f"x-amz-checksum-{algorithm.lower()}".encode()))
                    got = self.get("key", ChecksumMode="ENABLED")
                    self.assertEqual((got["Body"].read(), got[name]), (body, put[name]))
                    self.assertEqual(got.get("ContentEncoding", ""), "")

    def test_wrong_checksums(self):
        for more in ({"ChecksumCRC32": crc32_base64(b"other")},
                     {"ChecksumSHA256": sha256_base64(b"other")},
                     {"ContentMD5": base64.b64encode(hashlib.md5(b"other").digest()).decode()}):
            with self.subTest(more), self.refused("BadDigest", 400):
                self.put("key", b"this", **more)
        with self.refused("NoSuchKey", 404):
            self.get("key")

    def test_multipart(self):
        bodies = [content(PART_MIN, 1), content(1000, 2)]
        for algorithm, kind, one in (
                ("SHA256", "COMPOSITE", lambda b: hashlib.sha256(b).digest()),
                ("CRC32", "COMPOSITE", lambda b: zlib.crc32(b).to_bytes(4, "big")),
                ("CRC32", "FULL_OBJECT", lambda b: zlib.crc32(b).to_bytes(4, "big"))):
            with self.subTest(algorithm, kind=kind):
                name = f"Checksum{algorithm}"
                about = {"Bucket": self.bucket, "Key": "key"}
                about["UploadId"] = self.s3.create_multipart_upload(
                    **about, ChecksumAlgorithm=algorithm, ChecksumType=kind)["UploadId"]
                parts = []
                for number, body in enumerate(bodies, 1):
                    part = self.s3.upload_part(**about, PartNumber=number, Body=body,
                                               ChecksumAlgorithm=algorithm)
                    parts.append({"PartNumber": number, "ETag": part["ETag"], name: part[name]})
                done = self.s3.complete_multipart_upload(**about,
                                                         MultipartUpload={"Parts": parts})
                if kind == "COMPOSITE":
                    digest = one(b"".join(one(b) for b in bodies))
                    expected = base64.b64encode(digest).decode() + "-2"
                else:
                    expected = base64.b64encode(one(b"".join(bodies))).decode()
                self.assertEqual((done[name], done["ChecksumType"]), (expected, kind))
                head = self.head("key", ChecksumMode="ENABLED")
                self.assertEqual((head[name], head["ChecksumType"]), (expected, kind))
                self.assertEqual(self.read("key", ChecksumMode="ENABLED"), b"".join(bodies))
                second = self.get("key", PartNumber=2)
                self.assertEqual((second[name], second["ChecksumType"], second["Body"].read()),
                                 (parts[1][name], kind, bodies[1]))

    def test_attributes(self):
        self.put("key", b"abc", ChecksumAlgorithm="SHA256")
        got = self.s3.get_object_attributes(
            Bucket=self.bucket, Key="key",
            ObjectAttributes=["ETag", "Checksum", "ObjectSize", "StorageClass"])
        self.assertEqual((got["ETag"], got["ObjectSize"], got["StorageClass"],
                          got["Checksum"]["ChecksumSHA256"]),
                         (md5_hex(b"abc"), 3, "STANDARD", sha256_base64(b"abc")))


class Versions(WithBucket):
    def setUp(self):
        super().setUp()
        self.s3.put_bucket_versioning(Bucket=self.bucket,
                                      VersioningConfiguration={"Status": "Enabled"})

    def test_versions_and_markers(self):
        self.assertEqual(self.s3.get_bucket_versioning(Bucket=self.bucket)["Status"], "Enabled")
        first = self.put("key", b"first")["VersionId"]
        second = self.put("key", b"second")["VersionId"]
        self.assertNotEqual(first, second)
        self.assertEqual(self.get("key")["VersionId"], second)
        self.assertEqual(self.read("key", VersionId=first), b"first")
        marker = self.s3.delete_object(Bucket=self.bucket, Key="key")
        self.assertTrue(marker["DeleteMarker"])
        with self.refused("NoSuchKey", 404):
            self.get("key")
        with self.refused("MethodNotAllowed", 405):
            self.get("key", VersionId=marker["VersionId"])
        self.assertEqual(self.s3.list_objects_v2(Bucket=self.bucket)["KeyCount"], 0)
        listed = self.s3.list_object_versions(Bucket=self.bucket)
        self.assertEqual([(v["VersionId"], v["IsLatest"], v["Size"]) for v in listed["Versions"]],
                         [(second, False, 6), (first, False, 5)])
        self.assertEqual([(m["VersionId"], m["IsLatest"]) for m in listed["DeleteMarkers"]],
                         [(marker["VersionId"], True)])
        self.s3.delete_object(Bucket=self.bucket, Key="key", VersionId=marker["VersionId"])
        self.assertEqual(self.read("key"), b"second")
        self.s3.delete_object(Bucket=self.bucket, Key="key", VersionId=second)
        self.assertEqual(self.read("key"), b"first")

    def test_pages_of_versions(self):
        for key in ("a", "b"):
            for _ in range(3):
                self.put(key)
        pages = list(self.s3.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, PaginationConfig={"PageSize": 2}))
        self.assertEqual([[v["Key"] for v in p["Versions"]] for p in pages],
                         [["a", "a"], ["a", "b"], ["b", "b"]])


class Signatures(WithBucket):
    def client_with(self, **more):
        return boto3.client("s3", config=Config(retries={"max_attempts": 1}), **more)

    def test_wrong_credentials(self):
        unknown = self.client_with(aws_access_key_id="AKIDUNKNOWN", aws_secret_access_key="x")
        with self.refused("InvalidAccessKeyId", 403):
            unknown.list_buckets()
        key_id = boto3.Session().get_credentials().access_key
        forged = self.client_with(aws_access_key_id=key_id, aws_secret_access_key="wrong")
        with self.refused("SignatureDoesNotMatch", 403):
            forged.put_object(Bucket=self.bucket, Key="key", Body=b"forged")
        with self.refused("NoSuchKey", 404):
            self.get("key")

    def test_wrong_region(self):
        """The error names the region, and boto3 finds its way with it."""
        elsewhere = boto3.client("s3", region_name="eu-west-1", config=Config(
            retries={"max_attempts": 1}))
        # Unhooked, botocore would follow the region of the answer by itself.
        with self.assertRaises(ClientError) as caught:
            elsewhere.list_buckets()
        self.check_refusal(caught.exception, "AuthorizationHeaderMalformed", 400)
        self.assertEqual(caught.exception.response["Error"]["Region"], REGION)
        self.assertEqual(elsewhere.list_objects_v2(Bucket=self.bucket)["KeyCount"], 0)

    def test_skewed_clock(self):
        class Late(botocore.auth.S3SigV4Auth):
            def _modify_request_before_signing(self, request):
                then = datetime.datetime.utcnow() - datetime.timedelta(minutes=20)
                request.context["timestamp"] = then.strftime("%Y%m%dT%H%M%SZ")
                super()._modify_request_before_signing(request)
                if "X-Amz-Date" in request.headers:
                    request.headers.replace_header("X-Amz-Date", request.context["timestamp"])
        original = botocore.auth.AUTH_TYPE_MAPS["s3v4"]
        botocore.auth.AUTH_TYPE_MAPS["s3v4"] = Late
        try:
            with self.refused("RequestTimeTooSkewed", 403):
                self.client_with().list_buckets()
        finally:
            botocore.auth.AUTH_TYPE_MAPS["s3v4"] = original

    def fetch(self, url, method="GET", data=None, **headers):
        request = urllib.request.Request(url, method=method, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def test_presigned(self):
        where = {"Bucket": self.bucket, "Key": AWKWARD_KEYS[0]}
        # A presigned body is not known, so it has no checksum either.
        s3 = new_client(signature_version="s3v4", request_checksum_calculation="when_required")
        put = s3.generate_presigned_url("put_object", Params=where)
        self.assertEqual(self.fetch(put, "PUT", b"abc", **{"Content-Type": ""})[0], 200)
        get = s3.generate_presigned_url("get_object", Params={
            **where, "ResponseContentType": "text/css"})
        self.assertEqual(self.fetch(get), (200, b"abc"))
        status, body = self.fetch(get.replace("text%2Fcss", "text%2Fhtml"))
        self.assertEqual((status, b"SignatureDoesNotMatch" in body), (403, True))
        self.assertEqual(self.fetch(f"{ENDPOINT}/{self.bucket}/key")[0], 403)

    def test_presigned_as_boto3_does_unless_told_otherwise(self):
        """For us-east-1 that is Signature Version 2."""
        where = {"Bucket": self.bucket, "Key": AWKWARD_KEYS[0]}
        s3 = new_client(request_checksum_calculation="when_required")
        put = s3.generate_presigned_url("put_object", Params={**where, "Metadata": {"a": "b c"}})
        plain = {"Content-Type": ""}
        sent = self.fetch(put, "PUT", b"abc", **plain, **{"x-amz-meta-a": "b c"})
        self.assertEqual(sent[0], 200, sent[1])
        self.assertEqual(self.fetch(put, "PUT", b"abc", **plain, **{"x-amz-meta-a": "d"})[0], 403)
        get = s3.generate_presigned_url("get_object", Params={
            **where, "ResponseContentType": "text/css"})
        self.assertEqual(self.fetch(get), (200, b"abc"))
        status, body = self.fetch(get.replace("text%2Fcss", "text%2Fhtml"))
        self.assertEqual((status, b"SignatureDoesNotMatch" in body), (403, True))
        gone = s3.generate_presigned_url("get_object", Params=where, ExpiresIn=-1)
        status, body = self.fetch(gone)
        self.assertEqual((status, b"Request has expired" in body), (403, True))

    def test_addressing_styles(self):
        self.put("key", b"abc")
        resolve = socket.getaddrinfo

        def to_loopback(host, *more, **options):
            # Not every resolver knows that "<bucket>.localhost" is this machine.
            return resolve("127.0.0.1" if host.endswith("localhost") else host, *more, **options)
        endpoint = ENDPOINT.replace("127.0.0.1", "localhost")
        with unittest.mock.patch("socket.getaddrinfo", to_loopback):
            for style in ("path", "virtual"):
                with self.subTest(style):
                    s3 = boto3.client("s3", endpoint_url=endpoint,
                                      config=Config(s3={"addressing_style": style}))
                    got = s3.get_object(Bucket=self.bucket, Key="key")
                    self.assertEqual(got["Body"].read(), b"abc")


if __name__ == "__main__":
    main()
