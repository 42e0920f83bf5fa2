#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The embedded server's part of `./run bench` alone: needs wrk and a release build.
exec python3 "$(dirname "$0")/bench.py" --only server "$@"
