"""Every pinned scenario must pass; the real rate of each category is printed. Skipped where the corpus is not present."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.kubernetes_api.runner import CORPUS, play, scenarios
from tests.score.figures import note_rate

PINNED = Path(__file__).with_name("passing.txt").read_text().splitlines()


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the recorded corpus is not on this machine")
@pytest.mark.parametrize("category", sorted({identity[:2] for identity in PINNED}))
def test_every_pinned_scenario_passes(category: str) -> None:
    wanted = [(identity, scenario) for identity, _, scenario in scenarios() if identity.startswith(category)]
    pinned = {identity for identity in PINNED if identity.startswith(category)}
    problems = asyncio.run(_play_all(wanted))
    passed = sum(not problem for problem in problems.values())
    print(f"{category}: {passed} of {len(problems)} pass, {len(pinned)} pinned")
    note_rate("kubernetes_api", passed, len(problems))
    lost = {
        identity: problems.get(identity, "no longer in the corpus")[:300] for identity in pinned if problems.get(identity, "?")
    }
    assert not lost, f"{len(lost)} pinned scenarios fail: {list(lost.items())[:5]}"


async def _play_all(wanted: list[tuple[str, dict[str, Any]]]) -> dict[str, str]:
    return {identity: await play(identity, scenario) or "" for identity, scenario in wanted}
