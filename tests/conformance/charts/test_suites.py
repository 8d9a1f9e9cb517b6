"""Every pinned case must pass; the real rate of each corpus file is printed. Skipped where the corpus is not present."""

from __future__ import annotations

import pytest

from tests.conformance.charts.corpus import PINNED, ROOT
from tests.conformance.charts.suites import SUITES
from tests.score.figures import note_rate


@pytest.mark.skipif(not ROOT.is_dir(), reason="the recorded corpus is not on this machine")
@pytest.mark.parametrize("name", list(SUITES))
def test_every_pinned_case_passes(name: str) -> None:
    pinned = set((PINNED / f"{name}.txt").read_text().split())
    outcome = SUITES[name]()
    print(f"{name}: {len(outcome.passed)} of {outcome.total} pass, {len(pinned)} pinned")
    note_rate("charts", len(outcome.passed), outcome.total)
    assert pinned
    lost = sorted(pinned - set(outcome.passed))
    details = [failure for failure in outcome.failed if failure[0] in pinned][:3]
    assert not lost, f"{len(lost)} pinned cases fail: {lost[:20]}\n{details}"
