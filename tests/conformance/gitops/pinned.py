"""Runs recorded cases and holds them to the list of those that pass: a pinned case may not fail, the list only grows.

`python -m tests.conformance.gitops.test_NAME` prints what fails; with `--pin` it writes the list.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pilothouse.testing.corpora import answerer

HERE = Path(__file__).parent
CORPUS = HERE.parents[3] / "shared" / "corpus" / "gitops"
Judge = Callable[[dict[str, Any], Any], bool]


def outcomes(name: str, is_right: Judge) -> tuple[list[str], dict[str, Any]]:
    """Return the ids that pass, and the answers of those that fail."""
    path = CORPUS / f"{name}-cases.jsonl"
    if not path.exists():
        pytest.skip("the corpus is not here")
    answer, passing, failing = answerer(name), [], {}
    for line in path.read_text().splitlines():
        case = json.loads(line)
        given = {key: value for key, value in case.items() if key not in {"expected", "expectedFull"}}
        try:
            got = answer(given)
            good = is_right(case, got)
        except Exception as error:  # noqa: BLE001 - a case that breaks the engine fails, the others count
            got, good = f"{type(error).__name__}: {error}", False
        if good:
            passing.append(case["id"])
        else:
            failing[case["id"]] = got
    return passing, failing


def run(name: str, is_right: Judge) -> None:
    """Fail when a pinned case fails."""
    passing, failing = outcomes(name, is_right)
    total = len(passing) + len(failing)
    print(f"{name}: {len(passing)} of {total} cases ({100 * len(passing) / total:.1f} %)")
    pinned = (HERE / "pinned" / f"{name}.txt").read_text().splitlines()
    assert pinned
    broken = sorted(set(pinned) - set(passing))
    assert not broken, f"pinned cases fail: {broken}"


def report(name: str, is_right: Judge) -> None:
    """Print what fails, or pin what passes."""
    passing, failing = outcomes(name, is_right)
    for ident, got in failing.items():
        print(ident, json.dumps(got, default=str)[:1500])
    print(f"{name}: {len(passing)} of {len(passing) + len(failing)}")
    if "--pin" in sys.argv:
        (HERE / "pinned").mkdir(exist_ok=True)
        (HERE / "pinned" / f"{name}.txt").write_text("\n".join(sorted(passing)) + "\n")
