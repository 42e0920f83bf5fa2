# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# The S3 clients that the embedded server is tested with. Python's live in a virtual environment of
# pinned versions in the cache directory, rclone is the distribution's, s5cmd is built like the real
# servers. A client that cannot be had is said so; its tests are skipped.

s5cmd_module=github.com/peak/s5cmd/v2@v2.3.0
clients_list=tests/clients/requirements.txt

# find_clients: exports CLIENTS_PYTHON, RCLONE_BIN and S5CMD_BIN, or leaves unset what is not there.
find_clients() {
  find_program S5CMD_BIN s5cmd "$s5cmd_module"
  find_rclone
  find_python_clients
}

find_rclone() {
  [ -z "${RCLONE_BIN:-}" ] || return 0
  (need rclone) || { say "no rclone: its tests will be skipped" && return 0; }
  RCLONE_BIN=$(type -P rclone)
  export RCLONE_BIN
}

find_python_clients() {
  local venv sum
  [ -z "${CLIENTS_PYTHON:-}" ] || return 0
  sum=$(sha256sum "$clients_list")
  venv=${cache_dir:?}/clients-${sum:0:12}
  [ -e "$venv/complete" ] || install_python_clients "$venv" || {
    say "no boto3, pyarrow, awscli: their tests will be skipped"
    return 0
  }
  export CLIENTS_PYTHON=$venv/bin/python
}

# A virtual environment cannot be moved, so a file in it tells that it is complete.
install_python_clients() {
  local venv=$1
  (need venv) || return
  say "installing from PyPI into $venv: $(grep -v '^#' "$clients_list" | tr '\n' ' ')"
  { rm -rf "$venv" && python3 -m venv "$venv" &&
    "$venv/bin/python" -m pip install -q --no-deps -r "$clients_list" &&
    touch "$venv/complete"; } >"${log_dir:?}/clients.log" 2>&1 || {
    tail -n 5 "${log_dir:?}/clients.log" >&2
    return 1
  }
}
