# SPDX-License-Identifier: MIT
"""What the tests of the clients share: where the server is, and contents to send."""
import os
import random
import unittest
import uuid

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
REGION = os.environ["AWS_REGION"]
MIB = 1 << 20
PART_MIN = 5 * MIB

# Keys that trip up encoders, signers and parsers, in S3's order: that of their bytes.
AWKWARD_KEYS = sorted([
    "plain.txt",
    "with space/and+plus",
    "percent%41/%2F%zz",
    "amp&lt<gt>quote\"apostrophe'",
    "question?mark#hash",
    "semi;colon:comma,equals=at@",
    "backslash\\pipe|tilde~caret^",
    "brackets[1]{2}(3)",
    "dollar$star*bang!",
    "double//slash/",
    "dots/../and/./dots",
    "leading/ space and trailing ",
    "unicode/\u00e9\u4e2d\u6587\U0001f600",
    "a" * 1024,
], key=lambda key: key.encode())


def content(size, seed=1):
    """The same bytes for the same seed, and no two blocks of it alike."""
    return random.Random(seed).randbytes(size)


def new_bucket_name():
    return f"clients-{uuid.uuid4().hex[:16]}"


def main():
    unittest.main(verbosity=2)
