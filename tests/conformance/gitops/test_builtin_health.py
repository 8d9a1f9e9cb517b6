"""Recorded health verdicts of built-in kinds: all of them must agree."""

import json
import os
from pathlib import Path

import pytest

from pilothouse.delivery.gitops.engine.health import health_of

CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "gitops" / "builtin-health-cases.jsonl"


def cases() -> list[dict]:  # type: ignore[type-arg]
    if not CORPUS.exists():
        return []
    return [json.loads(line) for line in CORPUS.read_text().splitlines()]


@pytest.mark.skipif(not CORPUS.exists() and not os.environ.get("CI"), reason="the recorded cases are not beside this checkout")
def test_the_corpus_is_there() -> None:
    assert len(cases()) > 100


@pytest.mark.parametrize("case", cases(), ids=lambda case: str(case["id"]))
def test_case(case: dict) -> None:  # type: ignore[type-arg]
    verdict, expected = health_of(case["object"]), case["expected"]
    if expected is None:
        assert verdict is None
        return
    assert verdict is not None
    assert verdict.status == expected["status"]
    if case.get("messageAsserted", True) and "message" in expected:
        assert verdict.message == expected["message"]
