"""Syncing twice is a fixed point for every chart of the corpus: after the first sync nothing differs, the second changes nothing.

Runs with values of the corpus are e2e tests: they take as long again.
"""

import asyncio
from pathlib import Path

import pytest

from tests.conformance.gitops.twice import Run, name_of, runs, twice

REFUSED = {
    "cassandra-12.3.13+more": 'namespaces "monitoring" not found',  # its values put objects into a namespace nobody makes
}
"""Runs whose first sync the server refuses, as a real one does, and what it says."""
DEFAULTS = [run for run in runs() if not run[1]]
VALUES = [run for run in runs() if run[1]]


def check(folder: Path, run: Run) -> None:
    refusal = REFUSED.get(name_of(run))
    if refusal is None:
        assert asyncio.run(twice(folder, run)) == []
        return
    with pytest.raises(AssertionError, match=refusal):
        asyncio.run(twice(folder, run))


@pytest.mark.parametrize("run", DEFAULTS, ids=name_of)
def test_a_chart(run: Run, tmp_path: Path) -> None:
    check(tmp_path, run)


@pytest.mark.e2e
@pytest.mark.parametrize("run", VALUES, ids=name_of)
def test_a_chart_with_values(run: Run, tmp_path: Path) -> None:
    check(tmp_path, run)
