"""What suites leave becomes the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.score.figures import VARIABLE, note, note_rate, read
from tests.score.table import complete, lines


def test_figures_are_added_up_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "notes"
    monkeypatch.setenv(VARIABLE, str(file))
    for passed in (3, 4):
        note_rate("charts", passed, 5)
    for bug in ("13766", "13766", "20221"):
        note(f"etcd_bug_{bug}", 1)
    note("recovery_median_s", "0.50")
    note("recovery_median_s", "0.40")
    figures = read(file)
    assert figures["recovery_median_s"] == "0.40"
    assert complete(figures)["etcd_bugs"] == 2
    table = "\n".join(lines(figures))
    assert "chart suites                       7 of 10" in table
    assert "2 of 13, told 3 times" in table
    assert "recovery after kill -9             not measured" in table


def test_without_a_file_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    note("kills", 1)
    assert read(tmp_path / "none") == {}
    assert "kills" not in "\n".join(lines({})).replace("over {kills} kills", "")
