# SPDX-License-Identifier: MIT
"""pyarrow: its S3 filesystem, which is the AWS SDK for C++, and datasets through it."""
import os
import unittest
import urllib.parse

import pyarrow
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet

from support import ENDPOINT, MIB, PART_MIN, REGION, content, main, new_bucket_name

FILE, DIRECTORY = pyarrow.fs.FileType.File, pyarrow.fs.FileType.Directory
MISSING = pyarrow.fs.FileType.NotFound


def new_filesystem(**more):
    where = urllib.parse.urlsplit(ENDPOINT)
    return pyarrow.fs.S3FileSystem(**{
        "access_key": os.environ["AWS_ACCESS_KEY_ID"],
        "secret_key": os.environ["AWS_SECRET_ACCESS_KEY"],
        "endpoint_override": where.netloc, "scheme": where.scheme, "region": REGION,
        "allow_bucket_creation": True, "allow_bucket_deletion": True, **more})


class Filesystem(unittest.TestCase):
    def setUp(self):
        self.fs = new_filesystem()
        self.bucket = new_bucket_name()
        self.fs.create_dir(self.bucket)

    def write(self, path, body, **more):
        with self.fs.open_output_stream(f"{self.bucket}/{path}", **more) as out:
            out.write(body)

    def read(self, path):
        with self.fs.open_input_stream(f"{self.bucket}/{path}") as stream:
            return stream.read()

    def listed(self, path="", recursive=True):
        selector = pyarrow.fs.FileSelector(f"{self.bucket}/{path}".rstrip("/"),
                                           recursive=recursive)
        return sorted((info.path[len(self.bucket) + 1:], info.type, info.size)
                      for info in self.fs.get_file_info(selector))

    def test_write_read_metadata(self):
        body = content(100_000)
        self.write("dir/key", body, metadata={"Content-Type": "text/csv", "colour": "green"})
        self.assertEqual(self.read("dir/key"), body)
        with self.fs.open_input_stream(f"{self.bucket}/dir/key") as stream:
            metadata = stream.metadata()
        self.assertEqual((metadata["Content-Type"], metadata["Content-Length"]),
                         (b"text/csv", b"100000"))
        self.write("empty", b"")
        self.assertEqual(self.read("empty"), b"")

    def test_multipart(self):
        """An output stream of more than a part is a multipart upload."""
        body = content(2 * PART_MIN + 12345)
        with self.fs.open_output_stream(f"{self.bucket}/big") as out:
            for at in range(0, len(body), MIB):
                out.write(body[at:at + MIB])
        self.assertEqual(self.fs.get_file_info(f"{self.bucket}/big").size, len(body))
        with self.fs.open_input_file(f"{self.bucket}/big") as file:
            self.assertEqual(file.read_at(1000, PART_MIN - 500), body[PART_MIN - 500:PART_MIN + 500])
            self.assertEqual(file.size(), len(body))
        self.assertEqual(self.read("big"), body)

    def test_listing(self):
        for path in ("a/1", "a/2", "b/c/3", "b with space/\u00e9+&.txt"):
            self.write(path, path.encode())
        self.assertEqual(self.listed(recursive=False),
                         [("a", DIRECTORY, None), ("b", DIRECTORY, None),
                          ("b with space", DIRECTORY, None)])
        files = [(path, size) for path, kind, size in self.listed() if kind == FILE]
        self.assertEqual(files, [("a/1", 3), ("a/2", 3), ("b with space/\u00e9+&.txt", 21),
                                 ("b/c/3", 5)])
        kinds = [self.fs.get_file_info(f"{self.bucket}/{path}").type
                 for path in ("a", "a/1", "none")]
        self.assertEqual(kinds, [DIRECTORY, FILE, MISSING])

    def test_many_keys(self):
        """More than a page of the listing, and more than one DeleteObjects."""
        for n in range(1100):
            self.write(f"many/{n:04}", b"")
        self.assertEqual(len(self.listed("many")), 1100)
        self.fs.delete_dir(f"{self.bucket}/many")
        self.assertEqual(self.fs.get_file_info(f"{self.bucket}/many").type, MISSING)

    def test_copy_move_delete(self):
        self.write("from", b"abc", metadata={"Content-Type": "text/csv"})
        self.fs.copy_file(f"{self.bucket}/from", f"{self.bucket}/copy")
        self.fs.move(f"{self.bucket}/from", f"{self.bucket}/moved")
        self.assertEqual((self.read("copy"), self.read("moved")), (b"abc", b"abc"))
        self.fs.delete_file(f"{self.bucket}/copy")
        self.assertEqual([path for path, _, _ in self.listed()], ["moved"])
        with self.assertRaises(FileNotFoundError):
            self.read("from")
        self.fs.delete_file(f"{self.bucket}/moved")
        self.fs.delete_dir(self.bucket)
        self.assertEqual(self.fs.get_file_info(self.bucket).type, MISSING)

    def test_dataset(self):
        table = pyarrow.table({"day": ["a", "a", "b"] * 1000, "n": list(range(3000))})
        pyarrow.dataset.write_dataset(table, f"{self.bucket}/set", filesystem=self.fs,
                                      format="parquet", partitioning=["day"],
                                      partitioning_flavor="hive")
        back = pyarrow.dataset.dataset(f"{self.bucket}/set", filesystem=self.fs,
                                       format="parquet", partitioning="hive")
        self.assertEqual(back.count_rows(), 3000)
        only_b = back.to_table(filter=pyarrow.dataset.field("day") == "b")
        self.assertEqual(sorted(only_b["n"].to_pylist()), list(range(2, 3000, 3)))

    def test_wrong_credentials(self):
        forged = new_filesystem(secret_key="wrong")
        with self.assertRaisesRegex(OSError, "SIGNATURE_DOES_NOT_MATCH|ACCESS_DENIED|403"):
            with forged.open_output_stream(f"{self.bucket}/key") as out:
                out.write(b"forged")
        self.assertEqual(self.listed(), [])


if __name__ == "__main__":
    main()
