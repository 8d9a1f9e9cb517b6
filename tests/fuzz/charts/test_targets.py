"""The targets take their seeds and what once was a finding without a surprise."""

from __future__ import annotations

import pytest

from tests.fuzz.charts import seeds
from tests.fuzz.charts.targets import MARK, TARGETS

FINDINGS = [
    ("template", b"{{ 1e_ }}"),
    ("template", b"{{ " + b"1" * 5000 + b" }}"),
    ("template", b"{{ 0x" + b"e" * 500 + b" }}"),
    ("template", b"{{ 0x1p99999 }}"),
    ("yaml", b"a: " + b"1" * 5000),
    ("yaml", b"? " + b"9" * 5000 + b"\n: 1"),
    ("yaml", b'"<<": 1\n'),
    ("yaml", b"&k: <<"),
    ("yaml", b"a: &x <<\n? {b: *x}\n: 1"),
    ("yaml", 'a: "b\u2028c\\n"'.encode()),
    ("strvals", b"\x00a=" + b"1" * 5000),
    ("strvals", b"\x00a[" + b"1" * 5000 + b"]=1"),
    ("chart", MARK.join((b"a: " + b"1" * 5000, b"x: {{ .Values.a }}"))),
]


@pytest.mark.parametrize("name", list(TARGETS))
def test_target_takes_its_seeds(name: str) -> None:
    assert seeds._BASIC[name]
    for data in (*seeds._BASIC[name], b"", b"\x00", b"\xff" * 9):
        TARGETS[name](data)


@pytest.mark.parametrize(("name", "data"), FINDINGS)
def test_what_was_found_is_found_no_more(name: str, data: bytes) -> None:
    TARGETS[name](data)
