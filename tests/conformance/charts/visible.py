"""Compare a render of a real chart with its reference: byte for byte, or document by document when it draws randoms."""

from __future__ import annotations

import gzip
import re
from typing import Any

import yaml

from tests.conformance.charts.corpus import ROOT, inside
from tests.conformance.charts.verbs import run_chart

_HOME = ROOT / "charts-visible"


def _documents(text: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    counts: dict[str, int] = {}
    for part in re.split(r"^---\n", text, flags=re.MULTILINE):
        match = re.match(r"# Source: (.*)\n", part)
        if not match:
            continue
        value = yaml.load(part, Loader=yaml.CBaseLoader)
        kind = value.get("kind") if isinstance(value, dict) else None
        base = f"{match.group(1)}|{kind}"
        number = counts.get(base, 0) + 1
        counts[base] = number
        out[f"{base}|{number}"] = value
    return out


def _mask(value: Any, pointer: str) -> None:
    parts = [p.replace("~1", "/").replace("~0", "~") for p in pointer.split("/")[1:]]
    for part in parts[:-1]:
        value = value[int(part)] if isinstance(value, list) else value.get(part) if isinstance(value, dict) else None
        if value is None:
            return
    last = parts[-1] if parts else ""
    if isinstance(value, list):
        value[int(last)] = "MASKED"
    elif isinstance(value, dict) and last in value:
        value[last] = "MASKED"


def compare(case: dict[str, Any]) -> tuple[Any, Any]:
    """Return what we print and what helm printed."""
    argv = ["template", "rel", case["file"], "-n", "ns1"]
    if case["values"]:
        argv += ["-f", case["values"]]
    with inside(_HOME):
        code, out, err = run_chart(argv)
    wanted = gzip.decompress((_HOME / case["expect"]).read_bytes()).decode("utf-8", "surrogateescape")
    if code != case["rc"]:
        return (code, err[:500]), (case["rc"], case["stderr"][:500])
    if case["deterministic"] or out == wanted:
        return (code, err, out), (case["rc"], case["stderr"], wanted)
    mine, theirs = _documents(out), _documents(wanted)
    for key, pointer in case["masks"]:
        for documents in (mine, theirs):
            if key in documents:
                _mask(documents[key], pointer)
    return mine, theirs
