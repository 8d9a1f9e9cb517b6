"""Generate the table of protobuf field numbers from the public `generated.proto` files.

The numbers are in no package; the arguments are clones of kubernetes/api and kubernetes/apimachinery:

    python tools/generate_protobuf.py path/to/api/.git path/to/apimachinery/.git
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parents[1] / "src" / "pilothouse" / "api" / "scheme"
_MESSAGE = re.compile(r"^message (\w+) \{$")
_FIELD = re.compile(r"^  (?:(optional|repeated|required) )?(map<\s*string\s*,\s*([\w.]+)\s*>|[\w.]+) (\w+) = (\d+);")
_PACKAGE = re.compile(r"^package ([\w.]+);")
_SCALARS = {"string", "bytes", "bool", "int32", "int64", "uint32", "uint64", "double", "float"}


def _git(directory: str, *arguments: str) -> str:
    done = subprocess.run(["git", "--git-dir", directory, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def _definition(package: str, name: str) -> str:
    full = name if "." in name else f"{package}.{name}"
    return full.removeprefix(".").replace("k8s.io.", "io.k8s.", 1)


def parse(text: str) -> dict[str, dict[str, Any]]:
    """Return message -> number -> [name, type, shape] of one file."""
    out: dict[str, dict[str, Any]] = {}
    package, message = "", ""
    for line in text.splitlines():
        if found := _PACKAGE.match(line):
            package = found[1]
        elif found := _MESSAGE.match(line):
            message = _definition(package, found[1])
            out[message] = {}
        elif found := _FIELD.match(line):
            shape, kind = "r" if found[1] == "repeated" else "", found[2]
            if found[3]:
                shape, kind = "m", found[3]
            kind = kind if kind in _SCALARS else _definition(package, kind)
            out[message][found[5]] = [found[4][:1].lower() + found[4][1:], kind, shape]
    return out


def main() -> None:
    """Write the data file."""
    facts = json.loads(zlib.decompress((TARGET / "facts.bin").read_bytes()))["definitions"]
    messages: dict[str, dict[str, Any]] = {}
    for directory in sys.argv[1:]:
        for path in _git(directory, "ls-tree", "-r", "HEAD", "--name-only").splitlines():
            if path.endswith("generated.proto") and "testapi" not in path:
                messages.update(parse(_git(directory, "show", f"HEAD:{path}")))
    kinds = {f"{'/'.join(filter(None, gvk[:2]))}/{gvk[2]}": name for name, raw in facts.items() for gvk in raw.get("gvk", ())}
    kinds = {kind: name for kind, name in kinds.items() if name in messages}
    used: set[str] = set()
    meta = "io.k8s.apimachinery.pkg.apis.meta.v1."
    kinds |= {f"meta.k8s.io/v1/{name}": meta + name for name in ("PartialObjectMetadata", "PartialObjectMetadataList")}
    pending = [*kinds.values(), meta + "DeleteOptions", meta + "WatchEvent"]
    while pending:
        name = pending.pop()
        if name in used or name not in messages:
            continue
        used.add(name)
        known = facts.get(name, {}).get("properties", {})
        for number, field in list(messages[name].items()):
            if field[1] in _SCALARS:
                continue
            pending.append(field[1])
            if field[0] not in known and known and not field[2]:
                inner = {part[0] for part in messages.get(field[1], {}).values()}
                if inner & set(known):
                    field[2] = "i"
                else:  # newer than the version served
                    del messages[name][number]
    table = {"kinds": kinds, "messages": {name: messages[name] for name in sorted(used)}}
    packed = zlib.compress(json.dumps(table, separators=(",", ":"), sort_keys=True).encode(), 9)
    (TARGET / "fields.bin").write_bytes(packed)
    print(f"fields.bin: {len(packed)} bytes, {len(kinds)} kinds, {len(used)} messages")


if __name__ == "__main__":
    main()
