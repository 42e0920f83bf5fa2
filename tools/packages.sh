# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the project needs from the distribution, found by looking for the thing itself rather than
# for a package: so it works on any Linux, costs milliseconds, and only Debian's names are known.

# Each line: purpose, kind (cmd: a program, lib: a pkg-config module, py: a Python module, file),
# name, Debian packages.
needs_table() {
  cat <<'TABLE'
build cmd cmake         cmake
build cmd ninja         ninja-build
build cmd cc            gcc libc6-dev
build cmd pkg-config    pkg-config
build cmd gnuplot       gnuplot-nox
build lib libcurl       libcurl4-openssl-dev
build lib libcrypto     libssl-dev
build lib libxml-2.0    libxml2-dev
build lib libmicrohttpd libmicrohttpd-dev
build lib jansson       libjansson-dev
build lib zlib          zlib1g-dev
build lib cmocka        libcmocka-dev
test  cmd python3       python3
venv  py  ensurepip     python3-venv
venv  file /etc/ssl/certs/ca-certificates.crt ca-certificates
rclone cmd rclone       rclone
bench cmd python3       python3
bench cmd wrk           wrk
lint  cmd clang-format  clang-format
lint  cmd clang-tidy    clang-tidy
lint  cmd shellcheck    shellcheck
fmt   cmd clang-format  clang-format
fuzz  cmd clang         clang libclang-rt-dev
TABLE
}

# missing_packages PURPOSE...: Debian packages of what is not there, one a line.
missing_packages() {
  local purpose kind name packages
  while read -r purpose kind name packages; do
    [[ " $* " == *" $purpose "* ]] || continue
    case $kind in
      cmd) command -v "$name" >/dev/null && continue ;;
      file) [ -e "$name" ] && continue ;;
      py) python3 -c "import $name" 2>/dev/null && continue ;;
      lib) pkg-config --exists "$name" 2>/dev/null && continue ;;
    esac
    tr ' ' '\n' <<<"$packages"
  done < <(needs_table)
}

# need PURPOSE...: returns when everything for these purposes is there, installing it if possible.
need() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

install_packages() {
  local root=()
  command -v apt-get >/dev/null || cannot_install "this is not Debian or Ubuntu" "$@"
  if [ "$(id -u)" -ne 0 ]; then
    can_sudo || cannot_install "that takes root or sudo" "$@"
    root=(sudo)
  fi
  say "installing from the distribution: $*"
  if ! { apt_update_once "${root[@]}" && apt_install "${root[@]}" -- "$@"; }; then
    tail -n 5 "${log_dir:?}/apt.log" >&2
    cannot_install "apt-get failed" "$@"
  fi
}

# Without a terminal sudo cannot ask for a password.
can_sudo() {
  command -v sudo >/dev/null || return
  [ -t 0 ] || sudo -n true 2>/dev/null
}

# apt_install [sudo] -- PACKAGE...
apt_install() {
  local root=()
  while [ "$1" != -- ]; do root+=("$1") && shift; done
  shift
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$@" >"${log_dir:?}/apt.log" 2>&1
}

apt_update_once() {
  [ -n "${apt_updated:-}" ] && return
  "$@" env DEBIAN_FRONTEND=noninteractive apt-get update -qq >"${log_dir:?}/apt.log" 2>&1 || return
  apt_updated=yes
}

cannot_install() {
  local why=$1
  shift
  say "cannot install what is missing ($why). On Debian or Ubuntu it is:"
  say "  apt-get install $*"
  say "Elsewhere, packages of these names or of the same programs and libraries."
  exit 1
}

# Installing ca-certificates (python3-venv wants it) rebuilds the system's bundle from Debian's own.
# Who names a bundle in the environment means what is in it now: this run goes on with a copy.
keep_named_certificates() {
  local variable copy
  for variable in SSL_CERT_FILE PIP_CERT REQUESTS_CA_BUNDLE; do
    [ -f "${!variable:-}" ] || continue
    copy=$PWD/${log_dir:?}/$variable.crt
    cp -L "${!variable}" "$copy" && export "$variable=$copy"
  done
}
