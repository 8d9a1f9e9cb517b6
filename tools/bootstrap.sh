#!/bin/sh
# Prepares the virtual environment a make target needs and prints its path.
#
#   sh tools/bootstrap.sh run      the package with all extras
#   sh tools/bootstrap.sh test     the same, and what the tests import
#   sh tools/bootstrap.sh fuzz     the same, and the coverage-guided fuzzer
#   sh tools/bootstrap.sh check    the same, and the tools of the static gate
#   sh tools/bootstrap.sh where    only print where the environment is
#
# The environment is `.venv` in the tree. When the tree is not ours to write, it is a private directory below $TMPDIR. A stamp
# holds the checksum of pyproject.toml, so a second run costs nothing. Only the path goes to stdout; all else goes to stderr.
# Needs no writable HOME, no active environment and no tool beyond Python and its venv module.
set -eu

want=${1:-run}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $1"; say "  fix: $2"; exit 1; }

packages_missing=""
need() { # program, Debian package
    command -v "$1" >/dev/null 2>&1 || packages_missing="$packages_missing $2"
}

find_python() {
    for candidate in ${PYTHON:-} python3.11 /usr/bin/python3.11 python3.12 python3.13 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

check_machine() {
    need git git
    if ! python=$(find_python); then
        packages_missing="$packages_missing python3.11 python3.11-venv"
    elif ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        packages_missing="$packages_missing $("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    if [ -n "$packages_missing" ]; then
        sudo=""
        [ "$(id -u)" = 0 ] || sudo="sudo "
        fail "this machine lacks:$packages_missing" "${sudo}apt-get install -y$packages_missing"
    fi
}

private_directory() { # a directory that belongs to us alone, also on a shared /tmp
    base=${TMPDIR:-/tmp}/pilothouse-build-$(id -u)-$(printf '%s' "$root" | cksum | cut -d' ' -f1)
    (umask 077 && mkdir -p "$base") || fail "$base cannot be created" "set TMPDIR to a directory you may write"
    [ -O "$base" ] || fail "$base belongs to someone else" "set TMPDIR to a directory of your own"
    printf '%s' "$base"
}

if [ -n "${PILOTHOUSE_VENV:-}" ]; then
    venv=$PILOTHOUSE_VENV
elif [ -w "$root" ] && { [ ! -e "$root/.venv" ] || [ -w "$root/.venv" ]; }; then
    venv=$root/.venv
else
    venv=$(private_directory)/venv
fi
if [ "$want" = where ]; then
    printf '%s\n' "$venv"
    exit 0
fi

check_machine
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV 2>/dev/null || true
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
if [ ! -w "${HOME:-/nonexistent}" ] && [ -z "${PIP_CACHE_DIR:-}" ]; then
    export PIP_NO_CACHE_DIR=1
fi

if ! "$venv/bin/python" -c 'import pip' >/dev/null 2>&1; then
    say "creating the virtual environment $venv"
    rm -rf "$venv"
    "$python" -m venv "$venv" || fail "the virtual environment was not created" "see the message of $python above"
fi

print_sum() { printf '%s %s %s' "$want" "$root" "$(cksum <"$root/pyproject.toml")"; }

stamp=$venv/.pilothouse-$want
if [ "$(cat "$stamp" 2>/dev/null || true)" != "$(print_sum)" ]; then
    say "installing Pilothouse and what \`$want\` needs into $venv"
    log=$venv/install-$want.log
    {
        case $want in
            run) "$venv/bin/python" -m pip install -e "$root[all]" ;;
            test) "$venv/bin/python" -m pip install 'pip>=25.1' &&
                (cd "$root" && "$venv/bin/python" -m pip install -e '.[all]' --group test) ;;
            fuzz) "$venv/bin/python" -m pip install 'pip>=25.1' &&
                (cd "$root" && "$venv/bin/python" -m pip install -e '.[all]' --group test --group fuzz) ;;
            check) "$venv/bin/python" -m pip install 'pip>=25.1' &&
                (cd "$root" && "$venv/bin/python" -m pip install -e '.[all]' --group test --group check) ;;
            *) fail "unknown environment $want" "one of: run test fuzz check where" ;;
        esac
    } >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        fail "the installation failed; the whole output is in $log" "check that PyPI can be reached, then run make again"
    }
    print_sum >"$stamp"
fi
printf '%s\n' "$venv"
