#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How fast the embedded server is, and how true its simulated delays are. Needs wrk and a release
# build. Exits with 1 when a target is missed.
#
#     tests/perf/server_speed.sh [BUILD_DIRECTORY]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../../build}
readonly gets_target=25000 delay_error_target=0.10 objects=1000 body_bytes=10240 seconds=5

# wrk with presigned targets: METHOD CONNECTIONS THREADS
load() {
  METHOD=$1 BODY_BYTES=$([[ $1 == PUT ]] && echo $body_bytes || echo 0)
  export METHOD BODY_BYTES TARGETS=$work/$1
  "$build/tests/presign" "$METHOD" "$AWS_ENDPOINT_URL" /speed/key-%d $objects >"$TARGETS"
  wrk -t "$3" -c "$2" -d ${seconds}s -s "$here/presigned.lua" "$AWS_ENDPOINT_URL" >"$work/wrk"
  if grep -q Non-2xx "$work/wrk"; then
    cat "$work/wrk" >&2
    exit 1
  fi
  awk '/^Requests\/sec:/ { print int($2) }' "$work/wrk"
}

# Run by `s3-bench serve -- ...`, which sets the endpoint and the credentials.
inside() {
  local target
  work=$2
  target=$("$build/tests/presign" PUT "$AWS_ENDPOINT_URL" /speed)
  curl -sf -X PUT -H 'Content-Length: 0' "$AWS_ENDPOINT_URL$target"
  case $1 in
  rates)
    load PUT 16 2 >"$work/puts"
    load GET 16 2 >"$work/gets"
    load GET 1 1 >"$work/gets_1"
    ;;
  delays)
    load PUT 64 1 >/dev/null
    load GET 1000 1 >"$work/delayed"
    ;;
  esac
}

# Median over the delayed GETs of |actual - drawn| / drawn.
delay_error() {
  sed -n 's/.*"GetObject".*"drawn_us":\([0-9]*\),"actual_us":\([0-9]*\).*/\1 \2/p' "$1" |
    awk '{ e = ($2 - $1) / $1; print e < 0 ? -e : e }' | sort -g |
    awk '{ v[NR] = $1 } END { printf "%.3f\n", v[int((NR + 1) / 2)] }'
}

if [[ ${1:-} == --inside ]]; then
  build=$4
  inside "$2" "$3"
  exit
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/bin/s3-bench" serve -- "$0" --inside rates "$work" "$build"
"$build/bin/s3-bench" serve --latency s3-standard --request-log "$work/log" -- \
  "$0" --inside delays "$work" "$build"
error=$(delay_error "$work/log")
in_flight=$(sed -n 's/.*"in_flight":\([0-9]*\).*/\1/p' "$work/log" | sort -n | tail -1)

printf 'signed GETs of 10 KB, 16 connections   %6d/s (target %d)\n' "$(<"$work/gets")" $gets_target
printf 'signed GETs of 10 KB, 1 connection     %6d/s\n' "$(<"$work/gets_1")"
printf 'signed PUTs of 10 KB, 16 connections   %6d/s\n' "$(<"$work/puts")"
printf 'delayed GETs, %d waiting             %6d/s\n' "$in_flight" "$(<"$work/delayed")"
printf 'delay off by, at the median            %6.1f %% (target %.0f %%)\n' \
  "$(awk "BEGIN { print 100 * $error }")" "$(awk "BEGIN { print 100 * $delay_error_target }")"
awk "BEGIN { exit !($(<"$work/gets") >= $gets_target && $error <= $delay_error_target) }"
