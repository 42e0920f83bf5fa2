# SPDX-License-Identifier: MIT
"""The AWS CLI: `aws s3` as people type it, and `aws s3api` for what lies beneath."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.request

from support import PART_MIN, content, main, new_bucket_name

TIMEOUT_S = 120


class Aws(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="aws.")
        self.addCleanup(temporary.cleanup)
        self.dir = pathlib.Path(temporary.name)
        self.bucket = new_bucket_name()
        self.url = f"s3://{self.bucket}"
        self.aws("s3", "mb", self.url)

    def run_aws(self, *words, data=None):
        return subprocess.run([sys.executable, "-m", "awscli", *map(str, words)], cwd=self.dir,
                              input=data, capture_output=True, timeout=TIMEOUT_S, check=False)

    def aws(self, *words, data=None):
        ran = self.run_aws(*words, data=data)
        self.assertEqual(ran.returncode, 0, ran.stderr.decode())
        return ran.stdout

    def api(self, operation, *words):
        out = self.aws("s3api", operation, "--bucket", self.bucket, "--output", "json", *words)
        return json.loads(out) if out.strip() else {}

    def write(self, name, body):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return path

    def keys(self):
        return [o["Key"] for o in self.api("list-objects-v2").get("Contents", [])]

    def test_cp_ls_rm(self):
        body = content(10_000)
        self.write("a file+.txt", body)
        self.aws("s3", "cp", "a file+.txt", f"{self.url}/dir/", "--metadata", "colour=green")
        self.assertEqual(self.aws("s3", "cp", f"{self.url}/dir/a file+.txt", "-"), body)
        head = self.api("head-object", "--key", "dir/a file+.txt")
        self.assertEqual((head["ContentLength"], head["ContentType"], head["Metadata"]),
                         (10_000, "text/plain", {"colour": "green"}))
        self.assertIn("PRE dir/", self.aws("s3", "ls", self.url).decode())
        self.assertRegex(self.aws("s3", "ls", "--recursive", self.url).decode(),
                         r"\d\d:\d\d:\d\d +10000 dir/a file\+\.txt\n")
        self.assertIn(self.bucket, self.aws("s3", "ls").decode())
        self.aws("s3", "rm", f"{self.url}/dir/a file+.txt")
        self.assertEqual(self.keys(), [])
        self.aws("s3", "rb", self.url)
        self.assertNotIn(self.bucket, self.aws("s3", "ls").decode())

    def test_streams_and_multipart(self):
        body = content(8 * PART_MIN + 99)  # above the CLI's own threshold of 8 MiB
        self.aws("s3", "cp", "-", f"{self.url}/piped", data=body)
        head = self.api("head-object", "--key", "piped")
        self.assertRegex(head["ETag"], r'-\d+"$')
        self.assertEqual(head["ContentLength"], len(body))
        self.aws("s3", "cp", f"{self.url}/piped", f"{self.url}/copied")
        self.aws("s3", "mv", f"{self.url}/copied", f"{self.url}/moved")
        self.assertEqual(self.keys(), ["moved", "piped"])
        self.aws("s3", "cp", f"{self.url}/moved", "back")
        self.assertEqual((self.dir / "back").read_bytes(), body)

    def test_sync(self):
        names = ["a/1", "a/2", "b/c/3", "\u00e9"]
        for name in names:
            self.write(f"from/{name}", name.encode())
        self.aws("s3", "sync", "from", f"{self.url}/x")
        self.assertEqual(self.keys(), [f"x/{name}" for name in names])
        self.assertEqual(self.aws("s3", "sync", "from", f"{self.url}/x"), b"")  # nothing left to do
        self.aws("s3", "sync", f"{self.url}/x", f"{self.url}/y")
        self.aws("s3", "sync", f"{self.url}/y", "to")
        for name in names:
            self.assertEqual((self.dir / "to" / name).read_bytes(), name.encode())
        (self.dir / "from/a/1").unlink()
        self.aws("s3", "sync", "--delete", "from", f"{self.url}/x")
        self.assertEqual([key for key in self.keys() if key[0] == "x"],
                         ["x/a/2", "x/b/c/3", "x/\u00e9"])
        self.aws("s3", "rb", "--force", self.url)

    def test_api(self):
        body = self.write("body", content(1000))
        put = self.api("put-object", "--key", "k", "--body", "body", "--checksum-algorithm", "SHA256",
                       "--if-none-match", "*")
        got = self.api("get-object", "--key", "k", "--checksum-mode", "ENABLED", "out")
        self.assertEqual((got["ETag"], got["ChecksumSHA256"]), (put["ETag"], put["ChecksumSHA256"]))
        self.assertEqual((self.dir / "out").read_bytes(), body.read_bytes())
        again = self.run_aws("s3api", "put-object", "--bucket", self.bucket, "--key", "k",
                             "--body", "body", "--if-none-match", "*")
        self.assertEqual(again.returncode, 255)
        self.assertIn(b"(PreconditionFailed)", again.stderr)
        url = self.aws("s3", "presign", f"{self.url}/k").decode().strip()
        with urllib.request.urlopen(url, timeout=30) as answer:
            self.assertEqual(answer.read(), body.read_bytes())

    def test_errors(self):
        for words, message in ((("cp", f"{self.url}/none", "-"), b"(404)"),
                               (("ls", "s3://clients-none-of-ours"), b"(NoSuchBucket)"),
                               (("rb", self.url), b"(BucketNotEmpty)")):
            with self.subTest(words[0]):
                if words[0] == "rb":
                    self.aws("s3", "cp", "-", f"{self.url}/k", data=b"x")
                ran = self.run_aws("s3", *words)
                self.assertNotEqual(ran.returncode, 0)
                self.assertIn(message, ran.stderr)


if __name__ == "__main__":
    main()
