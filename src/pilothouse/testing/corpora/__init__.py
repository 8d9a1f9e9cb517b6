"""Answers to recorded cases: one module for each corpus, with `answer(case)` of what the product does in that case.

`pilothouse corpus NAME --stdin` and the conformance suites call them. A module reads the case, asks the engine that the product
runs, and writes the answer in the shape of the case's `expected` member; it holds no rules of its own. Nothing is imported
before its corpus is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pilothouse.kit.errors import NotFound

MODULES: dict[str, str] = {
    "action": "pilothouse.testing.corpora.action",
    "applicationset": "pilothouse.testing.corpora.applicationset",
    "builtin-health": "pilothouse.testing.corpora.builtin_health",
    "health": "pilothouse.testing.corpora.health",
    "diff": "pilothouse.testing.corpora.diff",
    "project": "pilothouse.testing.corpora.project",
    "sync-order": "pilothouse.testing.corpora.sync_order",
}
"""Name of the corpus -> module with `answer`."""

SKIP = {"skip": True}
"""The answer that leaves a case out."""

Answer = Callable[[dict[str, Any]], Any]


def answerer(name: str) -> Answer:
    """Return the function that answers the cases of corpus `name`; raises `NotFound`."""
    if name not in MODULES:
        raise NotFound(f"there is no corpus {name!r}", fix=f"one of: {', '.join(sorted(MODULES)) or 'none yet'}")
    found: Answer = importlib.import_module(MODULES[name]).answer
    return found


def answers(answer: Answer, lines: Iterable[str]) -> Iterator[str]:
    """Answer every line with one line of JSON, whatever is on it."""
    import json

    for line in lines:
        try:
            case = json.loads(line)
            if not isinstance(case, dict):
                raise ValueError("the line is not an object")
            yield json.dumps(answer(case))
        except Exception as error:  # noqa: BLE001 - a case that breaks the engine is a wrong answer, and the next one counts
            yield json.dumps({"error": f"{type(error).__name__}: {error}"})
