# SPDX-License-Identifier: MIT
"""rclone: the AWS SDK for Go as rclone uses it, with a remote made of environment variables."""
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from support import ENDPOINT, PART_MIN, REGION, content, main, new_bucket_name

TIMEOUT_S = 120
REMOTE = {"RCLONE_CONFIG": "/dev/null", "RCLONE_CONFIG_KIT_TYPE": "s3",
          "RCLONE_CONFIG_KIT_PROVIDER": "Other", "RCLONE_CONFIG_KIT_ENV_AUTH": "true",
          "RCLONE_CONFIG_KIT_ENDPOINT": ENDPOINT, "RCLONE_CONFIG_KIT_REGION": REGION,
          "RCLONE_S3_UPLOAD_CUTOFF": str(PART_MIN), "RCLONE_S3_CHUNK_SIZE": str(PART_MIN),
          "RCLONE_LOW_LEVEL_RETRIES": "1", "RCLONE_RETRIES": "1"}


class Rclone(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="rclone.")
        self.addCleanup(temporary.cleanup)
        self.dir = pathlib.Path(temporary.name)
        self.remote = f"kit:{new_bucket_name()}"
        self.rclone("mkdir", self.remote)

    def run_rclone(self, *words, data=None):
        return subprocess.run([os.environ["RCLONE_BIN"], *words], cwd=self.dir, input=data,
                              env={**os.environ, **REMOTE}, capture_output=True,
                              timeout=TIMEOUT_S, check=False)

    def rclone(self, *words, data=None):
        ran = self.run_rclone(*words, data=data)
        self.assertEqual(ran.returncode, 0, ran.stderr.decode())
        return ran.stdout

    def write(self, name, body):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def listed(self, path=""):
        found = json.loads(self.rclone("lsjson", "-R", "--files-only", "--hash",
                                       f"{self.remote}/{path}"))
        return {entry["Path"]: (entry["Size"], entry["Hashes"].get("md5")) for entry in found}

    def test_copy_list_check(self):
        bodies = {name: content(1000 + n, n) for n, name in enumerate(
            ["a/1", "a/2", "with space+%41/\u00e9&<'.txt", "empty"])}
        bodies["empty"] = b""
        for name, body in bodies.items():
            self.write(f"from/{name}", body)
        self.rclone("copy", "from", self.remote)
        self.assertEqual(self.listed(), {name: (len(body), hashlib.md5(body).hexdigest())
                                         for name, body in bodies.items()})
        self.rclone("check", "from", self.remote)
        self.rclone("check", "--download", "from", self.remote)
        self.rclone("copy", self.remote, "to")
        for name, body in bodies.items():
            self.assertEqual((self.dir / "to" / name).read_bytes(), body)
        self.assertEqual(self.rclone("lsf", self.remote).decode().splitlines(),
                         ["a/", "empty", "with space+%41/"])

    def test_multipart(self):
        body = content(3 * PART_MIN + 7)
        self.write("big", body)
        self.rclone("copy", "big", self.remote)
        # rclone keeps the MD5 of a multipart upload in the object's metadata.
        self.assertEqual(self.listed(), {"big": (len(body), hashlib.md5(body).hexdigest())})
        self.rclone("copyto", f"{self.remote}/big", f"{self.remote}/copy", "--s3-copy-cutoff",
                    str(PART_MIN))
        self.assertEqual(self.rclone("cat", f"{self.remote}/copy"), body)
        self.rclone("rcat", f"{self.remote}/piped", data=body)
        self.assertEqual(self.rclone("cat", "--offset", "6000000", "--count", "10",
                                     f"{self.remote}/piped"), body[6_000_000:6_000_010])

    def test_move_sync_delete(self):
        for name in ("a/1", "a/2", "b/3"):
            self.write(f"from/{name}", name.encode())
        self.rclone("sync", "from", self.remote)
        self.rclone("moveto", f"{self.remote}/a/1", f"{self.remote}/a/one")
        self.assertEqual(sorted(self.listed()), ["a/2", "a/one", "b/3"])
        self.rclone("sync", "from", self.remote)
        self.assertEqual(sorted(self.listed()), ["a/1", "a/2", "b/3"])
        self.rclone("deletefile", f"{self.remote}/b/3")
        self.rclone("delete", f"{self.remote}/a")
        self.assertEqual(self.listed(), {})
        self.rclone("purge", self.remote)
        self.assertNotIn(self.remote.split(":")[1], self.rclone("lsd", "kit:").decode())

    def test_errors(self):
        for words, message in ((("lsf", "kit:clients-none-of-ours"), b"directory not found"),
                               (("deletefile", f"{self.remote}/none"), b"doesn't exist")):
            with self.subTest(words[0]):
                ran = self.run_rclone(*words)
                self.assertNotEqual(ran.returncode, 0)
                self.assertIn(message, ran.stderr)


if __name__ == "__main__":
    main()
