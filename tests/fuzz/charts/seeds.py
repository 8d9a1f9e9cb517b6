"""Inputs to start from: the texts of the recorded cases, and for whole charts the cases themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pilothouse.delivery.charts.adapters.archive import read_archive
from tests.conformance.charts.corpus import ROOT, file_bytes, rows
from tests.fuzz.charts.targets import FLAGS, MARK, tar_of

_LONGEST = 4000
_BASIC = {
    "template": [b'{{ define "a" }}{{ .x | quote }}{{ end }}{{ include "a" . }}{{ range $i, $e := .l }}{{ $i }}{{ end }}'],
    "yaml": [b"a: &x {b: [1, 2.5, ~]}\nc: *x\n<<: *x\nd: |\n  text\n", b"- 'a'\n- \"\\u00e9\"\n- 0x1f\n"],
    "strvals": [b"\x00a.b[0]=1,c={1,2}", b'\x02a={"b":1}'],
    "suite": [
        f"suite: s\ntemplates: ['*.yaml']\nset:\n  a.b[0]: 3\ntests:\n- it: t\n  asserts:\n  - {one}\n".encode()
        for one in (
            "equal: {path: 'spec.b[?(@ > 1)]', value: 2}",
            "matchSnapshot: {path: spec..b}",
            "failedTemplate: {errorPattern: x}",
            "{contains: {path: spec.b, content: 1, any: true, count: 2}, documentSelector: {path: kind, value: A}}",
            "lengthEqual: {paths: [spec.b, '..b'], count: 2}",
            "{matchRegexRaw: {pattern: ma}, template: NOTES.txt, not: true}",
            "{isSubset: {path: '', content: {kind: A}}, documentIndex: 0}",
            "containsDocument: {kind: A, apiVersion: v1, any: true}",
        )
    ],
    "archive": [b"\x01" + tar_of({"c/Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\n", "c/charts/s/Chart.yaml": b"a"})],
    "chart": [MARK.join((b"a: 1", b'x: {{ include "h" . }}', b'{{ define "h" }}{{ tpl "{{ 1 }}" . }}{{ end }}'))],
}


def _texts(value: Any) -> Iterator[bytes]:
    for name, content in (value or {}).items():
        if name.endswith((".yaml", ".tpl", ".txt")):
            yield file_bytes(content)


def _recorded(target: str) -> Iterator[bytes]:
    yield from _templates(target)
    if target == "yaml":
        yield from (case["yaml"].encode("utf-8", "surrogatepass") for case in rows("yaml") if case["op"] == "parse")
    if target == "strvals":
        yield from _flags()
    if target == "suite":
        yield from _suites()
    if target == "archive":
        yield from (b"\x00" + path.read_bytes() for path in sorted((ROOT / "hostile").rglob("*.tgz")))


def _templates(target: str) -> Iterator[bytes]:
    if target in ("template", "chart"):
        for case in (*rows("gotemplate-exec"), *rows("sprig"), *rows("gotemplate-parse")):
            text = (case.get("template") or "").encode("utf-8", "surrogatepass")
            yield text if target == "template" else MARK.join((b"a: 1\nb: [x, {c: true}]\n", b"out: " + text))
    if target in ("template", "yaml"):
        for case in (*rows("errors"), *rows("coalesce")):
            yield from _texts(case.get("files"))


def _suites() -> Iterator[bytes]:
    for path in sorted((ROOT / "charts-visible").glob("*.tgz")):
        files = read_archive(path.read_bytes())
        yield from (data for name, data in files.items() if name.endswith("_test.yaml"))


def _flags() -> Iterator[bytes]:
    for case in rows("strvals"):
        for flag, text in zip(case["args"], case["args"][1:], strict=False):
            if flag.removeprefix("--") in FLAGS:
                yield bytes([FLAGS.index(flag.removeprefix("--"))]) + text.encode()


def write_seeds(target: str, folder: Path) -> int:
    """Write the inputs to start from into a folder; returns how many. Without the recorded cases there are a few."""
    folder.mkdir(parents=True, exist_ok=True)
    seeds = set(_BASIC[target])
    if ROOT.is_dir():
        seeds.update(data for data in _recorded(target) if 0 < len(data) <= (_LONGEST if target != "archive" else 200_000))
    for data in seeds:
        (folder / hashlib.sha256(data).hexdigest()[:24]).write_bytes(data)
    return len(seeds)
