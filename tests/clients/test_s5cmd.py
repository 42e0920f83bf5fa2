# SPDX-License-Identifier: MIT
"""s5cmd: many requests at once from the AWS SDK for Go."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from support import ENDPOINT, PART_MIN, content, main, new_bucket_name

TIMEOUT_S = 120


class S5cmd(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="s5cmd.")
        self.addCleanup(temporary.cleanup)
        self.dir = pathlib.Path(temporary.name)
        self.url = f"s3://{new_bucket_name()}"
        self.s5cmd("mb", self.url)

    def run_s5cmd(self, *words, data=None):
        command = [os.environ["S5CMD_BIN"], "--endpoint-url", ENDPOINT, "--retry-count", "0", *words]
        return subprocess.run(command, cwd=self.dir, input=data, capture_output=True,
                              timeout=TIMEOUT_S, check=False)

    def s5cmd(self, *words, data=None):
        ran = self.run_s5cmd(*words, data=data)
        self.assertEqual(ran.returncode, 0, ran.stderr.decode())
        return ran.stdout

    def write(self, name, body):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def listed(self, pattern="*"):
        lines = self.s5cmd("--json", "ls", f"{self.url}/{pattern}").decode().splitlines()
        return {entry["key"][len(self.url) + 1:]: entry.get("size") for entry in map(json.loads, lines)}

    def test_many_files(self):
        names = [f"{n % 7}/{n:04}" for n in range(1200)]
        for n, name in enumerate(names):
            self.write(f"from/{name}", bytes(n))
        self.s5cmd("cp", "from/", f"{self.url}/x/")
        self.assertEqual(self.listed(), {f"x/{name}": n or None for n, name in enumerate(names)})
        self.assertEqual(self.listed("x/3/00*"), {f"x/{name}": n for n, name in enumerate(names)
                                                  if name.startswith("3/00")})
        self.s5cmd("cp", f"{self.url}/x/*", "to/")
        for n, name in enumerate(names):
            self.assertEqual((self.dir / "to" / name).read_bytes(), bytes(n))
        self.s5cmd("rm", f"{self.url}/*")
        self.assertNotEqual(self.run_s5cmd("ls", f"{self.url}/*").returncode, 0)  # "no object found"
        self.s5cmd("rb", self.url)

    def test_multipart(self):
        body = content(3 * PART_MIN + 11)
        self.write("big", body)
        self.s5cmd("cp", "--part-size", "5", "--concurrency", "4", "big", f"{self.url}/big")
        head = json.loads(self.s5cmd("--json", "head", f"{self.url}/big"))
        self.assertEqual((head["size"], head["etag"][-2:]), (len(body), "-4"))
        self.assertEqual(self.s5cmd("cat", f"{self.url}/big"), body)
        self.s5cmd("pipe", f"{self.url}/piped", data=body)
        self.s5cmd("cp", "--part-size", "5", f"{self.url}/piped", "back")
        self.assertEqual((self.dir / "back").read_bytes(), body)

    def test_copy_move_sync(self):
        name = "with space/\u00e9&<'.txt"  # no "+": s5cmd does not encode it in a copy's source
        self.write("from/file", b"abc")
        self.s5cmd("cp", "--content-type", "text/csv", "--metadata", "colour=green", "from/file",
                   f"{self.url}/{name}")
        head = json.loads(self.s5cmd("--json", "head", f"{self.url}/{name}"))
        self.assertEqual((head["content_type"], {k.lower(): v for k, v in head["metadata"].items()}),
                         ("text/csv", {"colour": "green"}))
        self.s5cmd("cp", f"{self.url}/{name}", f"{self.url}/copy")
        self.assertEqual(self.s5cmd("cat", f"{self.url}/copy"), b"abc")
        self.s5cmd("mv", f"{self.url}/copy", f"{self.url}/moved")
        self.assertEqual(self.listed(), {"moved": 3, name: 3})
        self.s5cmd("sync", "--delete", "from/", f"{self.url}/")
        self.assertEqual(self.listed(), {"file": 3})

    def test_errors(self):
        for words, message in ((("cat", f"{self.url}/none"), b"not found"),
                               (("ls", "s3://clients-none-of-ours"), b"NoSuchBucket"),
                               (("rb", self.url), b"BucketNotEmpty")):
            with self.subTest(words[0]):
                if words[0] == "rb":
                    self.s5cmd("pipe", f"{self.url}/k", data=b"x")
                ran = self.run_s5cmd(*words)
                self.assertNotEqual(ran.returncode, 0)
                self.assertIn(message, ran.stderr)


if __name__ == "__main__":
    main()
