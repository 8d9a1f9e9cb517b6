"""Kept answers: found only while everything that was read is the same, and never the reason for a failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilothouse.delivery.charts.adapters import answers
from pilothouse.delivery.charts.adapters.answers import Answers


@pytest.fixture
def chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PILOTHOUSE_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "chart"
    (folder / "templates").mkdir(parents=True)
    (folder / "templates" / "a.yaml").write_text("a")
    return folder


def test_an_answer_is_found_while_nothing_changed(chart: Path) -> None:
    Answers("q", [str(chart)]).keep(b"out", b"err")
    assert Answers("q", [str(chart)]).find() == (b"out", b"err")
    assert Answers("other", [str(chart)]).find() is None
    (chart / "templates" / "a.yaml").write_text("b")
    assert Answers("q", [str(chart)]).find() is None
    (chart / "templates" / "a.yaml").rename(chart / "templates" / "b.yaml")
    (chart / "templates" / "b.yaml").write_text("a")
    assert Answers("q", [str(chart)]).find() is None


def test_another_version_of_the_code_asks_anew(chart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Answers("q", [str(chart)]).keep(b"out", b"")
    monkeypatch.setattr(answers, "__version__", "0.0.0.other")
    assert Answers("q", [str(chart)]).find() is None


def test_a_damaged_answer_is_none(chart: Path, tmp_path: Path) -> None:
    Answers("q", [str(chart)]).keep(b"out", b"err")
    [kept] = (tmp_path / "cache" / "charts").glob("*.out")
    for body in (b"", b"\x00", b"\x00" * 7 + b"\xff" + b"short"):
        kept.write_bytes(body)
        assert Answers("q", [str(chart)]).find() is None


def test_what_is_too_much_or_cannot_be_read_has_no_answer(chart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Answers("q", [str(chart / "gone")])
    gone.keep(b"out", b"")
    assert gone.find() is None
    monkeypatch.setattr(answers, "MAX_READ", 0)
    large = Answers("q", [str(chart)])
    large.keep(b"out", b"")
    assert large.find() is None
