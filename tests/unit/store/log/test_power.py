"""The power fails before each system call of the log engine: nothing that was acknowledged is lost, revisions have no gap."""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.score.figures import note
from tests.unit.store.log.powercuts import Story, explore

POINTS = int(os.environ.get("PILOTHOUSE_POWER_CUTS", "2000"))
KINDS = {"plain": False, "encrypted": True}


@pytest.mark.timeout(60 + POINTS // 50)
def test_no_cut_loses_what_was_acknowledged() -> None:
    count = seed = 0
    calls: set[str] = set()
    while count < POINTS:
        story = Story(seed, is_encrypted=seed % 2 == 1)
        story.run()
        count += asyncio.run(explore(story))
        calls |= {point.call for point in story.points}
        seed += 1
    assert calls == {"open", "write", "sync", "resize", "rename", "unlink", "sync_directory", "end"} - {"resize"}
    assert seed > 1, "both with and without encryption"
    note("power_cut_points", count)
    note("power_cut_stories", seed)
    note("power_cut_lost", 0)
